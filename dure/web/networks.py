"""From which network a request comes."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


def network_of(request: HttpRequest) -> str:
    """Return the client's network: /24 of IPv4, /56 of IPv6 (what one household or office holds)."""
    address = client_address(request)
    if address is None:
        return "unknown"
    return str(ipaddress.ip_network((address, 24 if address.version == 4 else 56), strict=False))


def client_address(request: HttpRequest) -> IPAddress | None:
    """Return the client's address; X-Forwarded-For is believed as far as trusted proxies wrote it, from the right."""
    hops = [*request.headers.get("X-Forwarded-For", "").split(","), request.META.get("REMOTE_ADDR", "")]
    address: IPAddress | None = None
    for hop in reversed([hop.strip() for hop in hops if hop.strip()]):
        try:
            heard = ipaddress.ip_address(hop)
        except ValueError:
            return address
        address = getattr(heard, "ipv4_mapped", None) or heard
        if not is_within(address, settings.DURE["TRUSTED_PROXIES"]):
            return address
    return address


def came_through_proxy(request: HttpRequest) -> bool:
    """Tell whether a trusted proxy handed the request over."""
    try:
        address = ipaddress.ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    return is_within(address, settings.DURE["TRUSTED_PROXIES"])


def is_within(address: IPAddress | None, networks: tuple[str, ...]) -> bool:
    """Tell whether an address belongs to one of these networks."""
    found = [ipaddress.ip_network(network, strict=False) for network in networks] if address else []
    return any(address in network for network in found if address and network.version == address.version)
