"""A mail that tries to run something in the reader's browser, or to make it ask somebody else, from every place."""

from email.message import EmailMessage
from email.utils import formataddr
from typing import Final

from otklik.testing.pictures import png

SENDER: Final = "eve@evil.example"
NAME: Final = '"><script>canary()</script>'
SUBJECT: Final = "<svg/onload=canary()></title><script>canary()</script> шкаф"
FILE: Final = '"><img src=x onerror=canary()>.png'
TEXT: Final = (
    "[нажми](javascript:canary()) {{7*7}} {% debug %} ${7*7} <img src=x onerror=canary()>\n"
    "javascript:canary() <scr<script>ipt>canary()</scr</script>ipt>\n"
    "-- \n<svg/onload=canary()> подпись\n"
)
SVG: Final = (
    b'<svg xmlns="http://www.w3.org/2000/svg" onload="canary()"><script>canary()</script>'
    b'<image href="%s/svg.png" width="9" height="9"/></svg>'
)
PAGE: Final = b"<!doctype html><script>canary()</script><img src=%s/page.png onerror=canary()>"
SCRIPT: Final = b"canary();"


def html(canary: str) -> str:
    """Return the HTML of the mail: what runs, what covers the page, what fetches from ``canary``."""
    return f"""<html><head><title>canary</title><base href="{canary}/">
<meta http-equiv="refresh" content="0;url={canary}/refresh"><link rel="stylesheet" href="{canary}/link.css">
<link rel="prefetch" href="{canary}/prefetch"><link rel="dns-prefetch" href="{canary}">
<style>@import url({canary}/import.css); p {{ background: url({canary}/style.png) }}
@font-face {{ font-family: f; src: url({canary}/font) }} p {{ font-family: f }}</style></head>
<body onload="canary()" background="{canary}/body.png"><p id="seen">Письмо с подвохом</p>
<script>canary();parent.canary();top.document.title='x'</script><scr<script>ipt>canary()</scr</script>ipt>
<img src=x onerror=canary()><img src="{canary}/pixel.gif" width="1" height="1">
<img id="shop" src="{canary}/shop.png" width="200" height="90" alt="магазин" srcset="{canary}/set.png 2x">
<svg onload=canary()><image href="{canary}/svg.png"/><a xlink:href="javascript:canary()"><text>x</text></a></svg>
<template><img src=x onerror=canary()></template>
<iframe srcdoc="<script>parent.parent.canary()</script>"></iframe><iframe src="{canary}/frame"></iframe>
<object data="{canary}/object"></object><embed src="{canary}/embed">
<video src="{canary}/v" poster="{canary}/p" autoplay></video>
<audio src="{canary}/a" autoplay></audio>
<input type="image" src="{canary}/input.png" autofocus onfocus=canary()>
<a id="js" href="javascript:canary()">раз</a> <a href="JaVa&#9;Script:canary()">два</a>
<a href="data:text/html,<script>canary()</script>">три</a> <a href="vbscript:canary()">четыре</a>
<a id="out" href="{canary}/out" onclick="canary()" ping="{canary}/ping">наружу</a>
<form action="{canary}/form"><button formaction="javascript:canary()" onclick="canary()">кнопка</button></form>
<table background="{canary}/table.png"><tr><td background="{canary}/cell.png">ячейка</td></tr></table>
<a href="{canary}/cover" style="position:fixed;inset:0;z-index:2147483647;background:#fff">поверх всего</a>
<div style="position:fixed;top:0;left:0;width:100vw;height:100vh;background:url({canary}/cover.png)">поверх</div>
<details open ontoggle=canary()>x</details><marquee onstart=canary()>x</marquee><body onpageshow=canary()>
<noscript><p title="</noscript><img src=x onerror=canary()>"></noscript>
<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=canary()&gt;'></table></math>
</body></html>"""


def mail(canary: str, *, subject: str = SUBJECT) -> bytes:
    """Return the mail with everything in it; whatever it asks for is at ``canary``."""
    message = EmailMessage()
    message["From"] = formataddr((NAME, SENDER))
    message["To"] = f"{formataddr((NAME, 'other@evil.example'))}, support@demo.otklik.test"
    message["Subject"] = subject
    message["Message-ID"] = f"<{abs(hash(subject))}@evil.example>"
    message.set_content(TEXT)
    message.add_alternative(html(canary), subtype="html")
    host = canary.encode()
    for data, kind, subtype, name in (
        (png(), "image", "png", FILE),
        (SVG % host, "image", "svg+xml", "схема.svg"),
        (SVG % host, "image", "png", "картинка.png"),
        (PAGE % host, "text", "html", "страница.html"),
        (SCRIPT, "text", "javascript", "a.js"),
    ):
        if kind == "text":
            message.add_attachment(data.decode(), subtype=subtype, filename=name)
        else:
            message.add_attachment(data, maintype=kind, subtype=subtype, filename=name)
    return message.as_bytes()
