// What keys and life both know of a page: the rows that a person walks along, and where they type.
export const ROWS = "tbody tr, .needs > li, .lane:not(.label), .log > li, .patterns > li";

export function isField(element) {
  return /^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName) || element.isContentEditable;
}
