"""Import contract: a capability enters another capability only by its public rooms."""

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class DoorsContract(Contract):
    """Every import between two capabilities must end in one of the `public` rooms."""

    floors_with_capabilities = fields.ListField(subfield=fields.StringField())
    public = fields.ListField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:  # noqa: ARG002
        floors = set(self.floors_with_capabilities)  # type: ignore[call-overload]  # a field descriptor
        breaches = []
        for importer in sorted(graph.modules):
            home = ".".join(importer.split(".")[:3])
            if ".".join(importer.split(".")[:2]) not in floors:
                continue
            for imported in sorted(graph.find_modules_directly_imported_by(importer)):
                rooms = imported.split(".")
                if ".".join(rooms[:2]) not in floors or ".".join(rooms[:3]) == home:
                    continue
                if len(rooms) > 3 and rooms[3] not in self.public:  # type: ignore[operator]
                    breaches.append((importer, imported))
        return ContractCheck(kept=not breaches, metadata={"breaches": breaches})

    def render_broken_contract(self, check: ContractCheck) -> None:
        for importer, imported in check.metadata["breaches"]:
            output.print_error(f"{importer} enters {imported} by a closed door", bold=False)
