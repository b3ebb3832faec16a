// The test app for pm2: the same behaviours, reduced to what a reload needs to show.
const http = require('http');
const fs = require('fs');
const path = require('path');
const behaviour = JSON.parse(fs.readFileSync(path.join(__dirname, 'behaviour.json')));
if (behaviour.crash) throw new Error("Cannot find module 'cupons'");
const server = http.createServer((request, response) => {
  request.resume();
  request.on('end', () => {
    if (behaviour.hang) return;
    setTimeout(() => {
      response.writeHead(behaviour.fail ? 500 : 200, { 'x-release': behaviour.version || '', 'Content-Length': 2 });
      response.end(behaviour.fail ? 'no' : 'ok');
    }, 4);
  });
});
server.listen(Number(process.env.PORT), '127.0.0.1');
process.on('SIGINT', () => server.close(() => process.exit(0)));
