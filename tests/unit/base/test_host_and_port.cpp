// Hosts with ports, as one text.
#include "base/host_and_port.hpp"

#include <doctest/doctest.h>

using skein::detail::host_and_port;
using skein::detail::with_address;

TEST_CASE("a host and its port: only IPv6 has brackets, and one pair of them") {
    CHECK(host_and_port("example.org", 80) == "example.org:80");
    CHECK(host_and_port("127.0.0.1", 65535) == "127.0.0.1:65535");
    CHECK(host_and_port("::1", 0) == "[::1]:0");
    CHECK(host_and_port("fe80::1%2", 8080) == "[fe80::1%2]:8080");
    CHECK(host_and_port("[::1]", 443) == "[::1]:443");
    CHECK(host_and_port("", 443) == ":443");
}

TEST_CASE("a place is named with its address, unless it is that") {
    CHECK(with_address("example.org:80", "10.0.0.1:80") == "example.org:80 [10.0.0.1:80]");
    CHECK(with_address("10.0.0.1:80", "10.0.0.1:80") == "10.0.0.1:80");
    CHECK(with_address("unix:/run/it", "unix:/run/it") == "unix:/run/it");
}
