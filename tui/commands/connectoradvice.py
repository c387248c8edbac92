"""What a code of a source or target means for the person who has to mend it."""

from __future__ import annotations

from tui.language import N_, tr

ADVICE: tuple[tuple[str, str], ...] = (
    ("unreachable", N_("Nobody answers there. Check address and port, the network, and whether the other side runs.")),
    ("tls", N_("The other side's certificate is not trusted, or it speaks no TLS. Check the address and ca_file.")),
    ("timeout", N_("The other side did not answer in time. Try again; if it stays so, ask its operator.")),
    ("deadline", N_("The whole exchange took too long. Try again; if it stays so, ask its operator.")),
    ("http_401", N_("The credential was refused. Check the user, password or token in the settings.")),
    ("http_403", N_("The credential was refused, or our address is not let in. Ask the other side's operator.")),
    ("http_404", N_("There is nothing at that address. Check the path in url.")),
    ("http_429", N_("We asked too often. It is left in peace for a while; raise the interval if it comes again.")),
    ("http_5", N_("The other side has a fault of its own. It is tried again by itself.")),
    ("redirected", N_("The other side sends us elsewhere, and we do not follow. Put the new address into url.")),
    ("html_not_data", N_("A web page came instead of data: a login page or a proxy. Check url and the credential.")),
    ("cut_short", N_("The answer broke off. It is tried again by itself.")),
    ("answer_too_large", N_("The answer is larger than what is read. Ask for less at once, see limit.")),
    ("changed_schema", N_("The answer has another form than expected. Keep it and see griddesk connector replay.")),
    ("credential_refused", N_("The credential was refused. Check the user, password or token in the settings.")),
    ("missing_extra", N_("A package is missing that this kind needs; the code says which.")),
    ("port_not_free", N_("Another program has that port. Choose another port, or stop that program.")),
    ("folder_gone", N_("The folder is not there or cannot be read. Check the path, the share and the rights.")),
    ("spool_not_writable", N_("Files cannot be put into the outbox folder. Check its owner and rights.")),
    ("silent", N_("The line is open and says nothing. Check that the other side is set to send.")),
    ("ended", N_("The other side closed the line. It is tried again by itself.")),
    ("store_unavailable", N_("The store could not be asked. See griddesk doctor.")),
    ("errcode", N_("The robot refused it; its own words follow the code.")),
    ("code", N_("The robot refused it; its own words follow the code.")),
    ("smtp_", N_("The mail server refused it; the number is its own.")),
)
"""Start of a code → what to do; the first that fits counts."""

DETAILS = {
    "port_free": N_("The port is free: the connectors do not run, or not with this source."),
    "port_answers": N_("Somebody answers at the port, as the running connectors would."),
    "nothing_to_try": N_("There is nothing to try here without taking what comes."),
    "healthy": N_("The server says that it is healthy."),
    "accepts mail": N_("The mail server lets us in."),
    "connected, and heard nothing": N_("Connected, and nothing came meanwhile."),
}


def advice(code: str) -> str:
    """What to do about `code`."""
    for start, words in ADVICE:
        if code.startswith(start):
            return tr(words)
    return tr("This code has no advice. See docs/connectors.md, and the log of the connectors.")


def detail(words: str) -> str:
    """What a try says of itself, in words where it is one of ours."""
    return tr(DETAILS[words]) if words in DETAILS else tr("{detail}", detail=words)
