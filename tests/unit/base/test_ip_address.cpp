// Addresses: their text form, and what the registries say of them.
#include <skein/ip_address.hpp>

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

using skein::address_family;
using skein::ip_address;
using skein::ip_range;

TEST_CASE("addresses are read and written in their normal form") {
    struct form {
        const char* text;
        const char* normal;
    };
    for (const auto& [text, normal] : {form{"192.0.2.1", "192.0.2.1"},
                                       {"0.0.0.0", "0.0.0.0"},
                                       {"255.255.255.255", "255.255.255.255"},
                                       {"::", "::"},
                                       {"::1", "::1"},
                                       {"2001:DB8:0:0:0:0:0:1", "2001:db8::1"},
                                       {"::ffff:192.0.2.1", "::ffff:192.0.2.1"},
                                       {"fe80::1%2", "fe80::1%2"}}) {
        CAPTURE(text);
        const ip_address one(text);
        CHECK(one.to_string() == normal);
        CHECK(ip_address(one.to_string()) == one);
        CHECK(one.is_v6() == (std::string(text).find(':') != std::string::npos));
    }
    CHECK(ip_address().to_string() == "0.0.0.0");
    CHECK(ip_address::v4({10, 1, 2, 3}) == ip_address("10.1.2.3"));
    CHECK(ip_address::v6({0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 2) ==
          ip_address("fe80::1%2"));
    CHECK(ip_address("fe80::1") != ip_address("fe80::1%2"));
    CHECK(ip_address("::ffff:10.0.0.1") != ip_address("10.0.0.1"));
    CHECK(ip_address("10.0.0.1") < ip_address("10.0.0.2"));
}

TEST_CASE("what is no address is refused: shorthands, ports, brackets, spaces, zones without a number") {
    for (const char* text :
         {"",           "127.1",       "0x7f.0.0.1", "2130706433",   "010.0.0.1",  "1.2.3.4.5",
          "1.2.3.256",  "[::1]",       "::1]",       "::1:80:",      "1.2.3.4:80", " 1.2.3.4",
          "1.2.3.4 ",   "example.org", "fe80::1%",   "fe80::1%eth0", "fe80::1%0",  "fe80::1%99999999999",
          "10.0.0.1%1", ":::",         "1::2::3",    "::1\n"}) {
        CAPTURE(text);
        CHECK_FALSE(ip_address::try_parse(text));
        CHECK_THROWS_AS(ip_address{text}, std::invalid_argument);
    }
    using namespace std::string_literals;
    CHECK_FALSE(ip_address::try_parse("127.0.0.1\0.example.org"s));
    CHECK_FALSE(ip_address::try_parse(std::string(100'000, '1')));
}

TEST_CASE("each range is known, from its first address to its last, and no further") {
    struct place {
        const char* text;
        ip_range what;
    };
    for (const auto& [text, what] : {
             place{"0.0.0.0", ip_range::unspecified},
             {"0.0.0.1", ip_range::reserved},
             {"0.255.255.255", ip_range::reserved},
             {"1.0.0.0", ip_range::global},
             {"9.255.255.255", ip_range::global},
             {"10.0.0.0", ip_range::private_use},
             {"10.255.255.255", ip_range::private_use},
             {"11.0.0.0", ip_range::global},
             {"100.63.255.255", ip_range::global},
             {"100.64.0.0", ip_range::shared},
             {"100.127.255.255", ip_range::shared},
             {"100.128.0.0", ip_range::global},
             {"126.255.255.255", ip_range::global},
             {"127.0.0.1", ip_range::loopback},
             {"127.255.255.255", ip_range::loopback},
             {"169.254.169.254", ip_range::link_local},
             {"169.255.0.0", ip_range::global},
             {"172.15.255.255", ip_range::global},
             {"172.16.0.0", ip_range::private_use},
             {"172.31.255.255", ip_range::private_use},
             {"172.32.0.0", ip_range::global},
             {"192.0.0.1", ip_range::reserved},
             {"192.0.0.9", ip_range::global},
             {"192.0.0.170", ip_range::reserved},
             {"192.0.1.0", ip_range::global},
             {"192.0.2.255", ip_range::documentation},
             {"192.88.99.1", ip_range::reserved},
             {"192.167.255.255", ip_range::global},
             {"192.168.0.1", ip_range::private_use},
             {"192.169.0.0", ip_range::global},
             {"198.17.255.255", ip_range::global},
             {"198.18.0.0", ip_range::benchmarking},
             {"198.19.255.255", ip_range::benchmarking},
             {"198.20.0.0", ip_range::global},
             {"198.51.100.7", ip_range::documentation},
             {"203.0.113.7", ip_range::documentation},
             {"223.255.255.255", ip_range::global},
             {"224.0.0.1", ip_range::multicast},
             {"239.255.255.255", ip_range::multicast},
             {"240.0.0.1", ip_range::reserved},
             {"255.255.255.255", ip_range::reserved},
             {"::", ip_range::unspecified},
             {"::1", ip_range::loopback},
             {"::1:0:0:0", ip_range::reserved},
             {"100::1", ip_range::reserved},
             {"2001:1::1", ip_range::global},
             {"2001:1::4", ip_range::reserved},
             {"2001:2::1", ip_range::benchmarking},
             {"2001:2:1::", ip_range::reserved},
             {"2001:3::1", ip_range::global},
             {"2001:4:112::1", ip_range::global},
             {"2001:10::1", ip_range::reserved},
             {"2001:20::1", ip_range::global},
             {"2001:30::1", ip_range::global},
             {"2001:40::1", ip_range::reserved},
             {"2001:1ff::1", ip_range::reserved},
             {"2001:200::1", ip_range::global},
             {"2001:db8::1", ip_range::documentation},
             {"2001:db9::1", ip_range::global},
             {"2606:2800:220:1:248:1893:25c8:1946", ip_range::global},
             {"3ffe::1", ip_range::global},
             {"3fff:fff::1", ip_range::documentation},
             {"3fff:1000::1", ip_range::global},
             {"4000::1", ip_range::reserved},
             {"5f00::1", ip_range::reserved},
             {"fbff::1", ip_range::reserved},
             {"fc00::1", ip_range::unique_local},
             {"fd12:3456::1", ip_range::unique_local},
             {"fe80::1", ip_range::link_local},
             {"fe80::1%3", ip_range::link_local},
             {"febf::1", ip_range::link_local},
             {"fec0::1", ip_range::reserved},
             {"ff02::1", ip_range::multicast},
         }) {
        CAPTURE(text);
        CHECK(to_string(ip_address(text).range()) == to_string(what));
        CHECK(ip_address(text).is_global() == (what == ip_range::global));
    }
}

TEST_CASE("an IPv6 address that leads to an IPv4 one is for what that one is") {
    for (const char* text : {"::ffff:10.0.0.1", "::10.0.0.1", "64:ff9b::10.0.0.1", "2002:a00:1::1",
                             "2001:0:a00:1::1", "2001:0:808:808:0:0:f5ff:fffe"}) {
        CAPTURE(text);
        CHECK(ip_address(text).is_private());
        CHECK_FALSE(ip_address(text).is_global());
    }
    CHECK(ip_address("::ffff:127.0.0.1").is_loopback());
    CHECK(ip_address("::ffff:169.254.169.254").is_link_local());
    CHECK(ip_address("::ffff:0.0.0.0").is_unspecified());
    CHECK(ip_address("64:ff9b:1::10.0.0.1").range() == ip_range::reserved);
    for (const char* text :
         {"::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::1", "2001:0:808:808:0:0:f7f7:f7f7"}) {
        CAPTURE(text);
        CHECK(ip_address(text).is_global());
    }
}

TEST_CASE("families and shorter questions") {
    CHECK(ip_address("10.0.0.1").is_of(address_family::any));
    CHECK(ip_address("10.0.0.1").is_of(address_family::ipv4));
    CHECK_FALSE(ip_address("10.0.0.1").is_of(address_family::ipv6));
    CHECK(ip_address("::1").is_of(address_family::ipv6));
    CHECK_FALSE(ip_address("::1").is_of(address_family::ipv4));
    CHECK(ip_address("100.64.1.1").is_private());
    CHECK(ip_address("fd00::1").is_private());
    CHECK_FALSE(ip_address("127.0.0.1").is_private());
    CHECK(ip_address("ff02::1").is_multicast());
}
