"""Scripts of realistic weight: generated vendor code, one part of it run, then the portal's own."""

import hashlib
import random
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import Response

from sandbox.chance import draw_for

_FOREVER = "public, max-age=31536000, immutable"
_RUNTIME = """var __modules={},__done={};
function __define(id,body){__modules[id]=body}
function __require(id){if(__done[id])return __done[id];var e=__done[id]={};
__modules[id](e,__require);return e}
"""
_MODULE = """__define({id},function(exports,require){{
"use strict";
var table_{id}=[{table}],names_{id}={{{names}}};
function mix_{id}(a,b){{var r=a^{n0};for(var i=0;i<table_{id}.length;i++)
{{r=(r*{n1}+table_{id}[i]*b)>>>0;if(r%{n2}===0)r^=b<<{shift}}}return r}}
function pick_{id}(key,rest){{switch(key){{{cases}default:return rest===undefined?null:rest}}}}
class {klass}{id}{{constructor(state){{this.state=Object.assign({{step:{n2},open:false}},state);
this.listeners=new Map()}}
on(name,listener){{const all=this.listeners.get(name)||[];all.push(listener);
this.listeners.set(name,all);return()=>this.listeners.set(name,all.filter(e=>e!==listener))}}
emit(name,...rest){{for(const each of this.listeners.get(name)||[])each.apply(this,rest);
return this.state.step+=mix_{id}(rest.length,{n0})%{n2}}}
render(props){{const out=[];for(const[key,value]of Object.entries(props||{{}}))
{{out.push(typeof value==="function"?value(this.state):pick_{id}(key,value))}}
return{{type:"{klass}",key:{id},children:out.filter(Boolean)}}}}
}}
exports.{klass}={klass}{id};exports.mix=mix_{id};exports.pick=pick_{id};
exports.total=Object.keys(names_{id}).reduce(
function(sum,key){{return sum+mix_{id}(key.length,{n1})}},0);
{requires}}});
"""
_CLASSES = (
    "Accordion", "Autocomplete", "Backdrop", "Breadcrumb", "Calendar", "Chip", "DataGrid",
    "Dialog", "Drawer", "FormControl", "IconButton", "Menu", "Pagination", "Popper", "Portal",
    "Select", "Skeleton", "Snackbar", "Stepper", "Tabs", "TextField", "Tooltip", "Transition",
)  # fmt: skip
_WORDS = (
    "align", "border", "color", "dense", "elevation", "focus", "gutter", "hover", "inset",
    "justify", "label", "margin", "offset", "padding", "raised", "shadow", "theme", "variant",
)  # fmt: skip
_RUN_EVERY = 3


@dataclass(frozen=True)
class Asset:
    """A script served under a name that holds its hash."""

    path: str
    body: bytes
    etag: str

    def answer(self, request: Request) -> Response:
        """The script, or 304 to who has it."""
        headers = {"ETag": self.etag, "Cache-Control": _FOREVER}
        if request.headers.get("if-none-match") == self.etag:
            return Response(status_code=304, headers=headers)
        return Response(self.body, media_type="text/javascript", headers=headers)


def build(folder: str, name: str, own: Iterable[str], weight: int, seed: int) -> Asset:
    """`weight` bytes of vendor code and the scripts `own`, paths below this package."""
    root = files("sandbox")
    scripts = [root.joinpath(path).read_text(encoding="utf-8") for path in own]
    vendor = vendor_code(weight, draw_for(seed, "bundle", name))
    body = "\n".join([vendor, "(() => {", '"use strict";', *scripts, "})();", ""]).encode()
    digest = hashlib.sha256(body).hexdigest()
    return Asset(f"{folder}/{name}-{digest[:8]}.js", body, f'"{digest[:32]}"')


def vendor_code(weight: int, draw: random.Random) -> str:
    """At least `weight` bytes of modules like a vendor bundle's; every third one runs at load."""
    parts = ["(function(){", _RUNTIME]
    size, number = 0, 0
    while size < weight:
        part = _module(number, draw)
        parts.append(part)
        size += len(part)
        number += 1
    parts.append(f"for(var i=0;i<{number};i+={_RUN_EVERY})__require(i);}})();")
    return "".join(parts)


def _module(number: int, draw: random.Random) -> str:
    keys = draw.sample(_WORDS, 6)
    cases = "".join(f'case"{key}":return rest?{draw.randrange(9999)}:"{key}-{draw.randrange(999)}";' for key in keys)
    names = ",".join(f'{key}_{draw.randrange(10**6)}:"{key}"' for key in draw.sample(_WORDS, 8))
    back = draw.randrange(number) if number else None
    return _MODULE.format(
        id=number,
        klass=draw.choice(_CLASSES),
        table=",".join(str(draw.randrange(10**6)) for _ in range(40)),
        names=names,
        cases=cases,
        n0=draw.randrange(10**6),
        n1=draw.randrange(3, 9999),
        n2=draw.randrange(7, 97),
        shift=draw.randrange(1, 9),
        requires="" if back is None else f"exports.base=function(){{return require({back})}};\n",
    )
