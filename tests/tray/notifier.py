"""A StatusNotifierWatcher for tests: takes the icon's registration on a session bus, reads its menu and chooses entries.

It speaks D-Bus through jeepney, which is pure Python: gi in the test process would turn later imports into warnings.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from jeepney import DBusAddress, MessageType, new_error, new_method_call, new_method_return
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import open_dbus_connection
from jeepney.low_level import HeaderFields, Message

WATCHER = "org.kde.StatusNotifierWatcher"
ITEM = "org.kde.StatusNotifierItem"
MENU = "com.canonical.dbusmenu"
PROPERTIES = "org.freedesktop.DBus.Properties"

T = TypeVar("T")


@dataclass
class Line:
    """One line of the menu as a desktop would show it."""

    id: int
    label: str
    enabled: bool = True
    ticked: bool | None = None
    lines: list[Line] = field(default_factory=list)


class Watcher:
    """Owns the watcher's name on the bus at ``address``."""

    def __init__(self, address: str) -> None:
        self._connection = open_dbus_connection(bus=address)
        self._kept: deque[Message] = deque()
        self.items: list[tuple[str, str]] = []
        self._call_message(message_bus.RequestName(WATCHER))

    def close(self) -> None:
        self._connection.close()

    def has_owner(self, name: str) -> bool:
        """Whether somebody on the bus owns this name."""
        return bool(self._call_message(message_bus.NameHasOwner(name))[0])

    def until(self, what: Callable[[], T], seconds: float = 20.0) -> T:
        """The first true value of ``what`` while the bus is served."""
        deadline = time.monotonic() + seconds
        while True:
            self._serve()
            value = what()
            if value:
                return value
            assert time.monotonic() < deadline, f"still {value!r} after {seconds:g} s"
            time.sleep(0.03)

    def _serve(self) -> None:
        """Answer every call that has arrived."""
        while self._kept:
            self._take(self._kept.popleft())
        while True:
            try:
                message = self._connection.receive(timeout=0.01)
            except TimeoutError:
                return
            self._take(message)

    def _take(self, message: Message) -> None:
        if message.header.message_type is not MessageType.method_call:
            return
        fields = message.header.fields
        sender, member = fields[HeaderFields.sender], fields[HeaderFields.member]
        if member == "RegisterStatusNotifierItem":
            place = message.body[0]
            self.items.append((sender, place if place.startswith("/") else "/StatusNotifierItem"))
            reply = new_method_return(message)
        elif member == "Get":
            reply = new_method_return(message, "v", (self._properties()[message.body[1]],))
        elif member == "GetAll":
            reply = new_method_return(message, "a{sv}", (self._properties(),))
        elif member == "RegisterStatusNotifierHost":
            reply = new_method_return(message)
        else:
            reply = new_error(message, "org.freedesktop.DBus.Error.UnknownMethod")
        self._connection.send(reply)

    def _properties(self) -> dict[str, tuple[str, Any]]:
        return {
            "RegisteredStatusNotifierItems": ("as", [sender + path for sender, path in self.items]),
            "IsStatusNotifierHostRegistered": ("b", True),
            "ProtocolVersion": ("i", 0),
        }

    def _call_message(self, message: Message) -> tuple[Any, ...]:
        """Send a call and return the body of its reply; other messages that arrive meanwhile are kept."""
        serial = next(self._connection.outgoing_serial)
        self._connection.send(message, serial=serial)
        deadline = time.monotonic() + 10
        while True:
            answer = self._connection.receive(timeout=max(0.01, deadline - time.monotonic()))
            if answer.header.fields.get(HeaderFields.reply_serial) != serial:
                self._kept.append(answer)
                continue
            assert answer.header.message_type is MessageType.method_return, answer.body
            return answer.body

    def _call(self, path: str, interface: str, method: str, signature: str, *arguments: Any) -> tuple[Any, ...]:
        owner, _ = self.items[-1]
        address = DBusAddress(path, bus_name=owner, interface=interface)
        return self._call_message(new_method_call(address, method, signature, arguments))

    def property(self, name: str) -> Any:
        """A property of the icon, such as Title, Status or Menu."""
        return self._call(self.items[-1][1], PROPERTIES, "Get", "ss", ITEM, name)[0][1]

    def menu(self) -> list[Line]:
        """The whole menu as it is now; ids change with each update of the menu."""
        root = self._call(self.property("Menu"), MENU, "GetLayout", "iias", 0, -1, [])[1]
        return _lines(root)

    def labels(self) -> list[str]:
        return [line.label for line in self.menu()]

    def choose(self, *labels: str) -> None:
        """Choose the entry at the end of this path of labels; a label may end in ``*``."""
        lines = self.menu()
        found: Line | None = None
        for label in labels:
            found = next((line for line in lines if _fits(line.label, label)), None)
            assert found is not None, f"no {label!r} among {[line.label for line in lines]}"
            lines = found.lines
        assert found is not None
        assert found.enabled, f"{found.label!r} is grey"
        self._call(self.property("Menu"), MENU, "Event", "isvu", found.id, "clicked", ("i", 0), 0)


def _fits(label: str, wanted: str) -> bool:
    return label.startswith(wanted[:-1]) if wanted.endswith("*") else label == wanted


def _lines(node: Any) -> list[Line]:
    found = []
    for _, (number, properties, children) in node[2]:
        values = {name: value for name, (_, value) in properties.items()}
        if not values.get("visible", True):
            continue
        label = "" if values.get("type") == "separator" else values.get("label", "").replace("__", "_")
        ticked = values.get("toggle-state") == 1 if values.get("toggle-type") else None
        found.append(Line(number, label, values.get("enabled", True), ticked, _lines((0, {}, children))))
    return found
