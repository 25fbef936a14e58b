import socket

from local.stack.ports import HOST, Ports, free_ports, is_free


def test_free_ports_differ_from_each_other() -> None:
    assert len(set(free_ports(20))) == 20


def test_a_port_is_not_free_while_a_server_listens() -> None:
    with socket.create_server((HOST, 0)) as server:
        assert not is_free(server.getsockname()[1])


def test_a_part_has_the_url_of_its_port() -> None:
    assert Ports().url("api") == "http://127.0.0.1:8000"
