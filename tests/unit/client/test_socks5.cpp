// SOCKS 5, in memory: both halves of the conversation, in every cut, and proxies that are hostile or broken.
#include "client/connection/socks5.hpp"
#include "negotiations.hpp"

#include <doctest/doctest.h>

#include <array>
#include <memory>
#include <string>

using namespace negotiations;
using namespace std::string_literals;
using skein::client::socks5;
using skein::client::socks5_request;

namespace {

const std::string address4 = "\x0a\x00\x00\x01"s;
const std::string address6 = "\x20\x01\x0d\xb8"s + std::string(11, '\0') + "\x01"s;

std::unique_ptr<negotiation> by_name() {
    socks5_request what;
    what.name = "example.test";
    what.port = 443;
    return std::make_unique<socks5>(what);
}
std::unique_ptr<negotiation> with_login() {
    socks5_request what;
    what.address = skein::as_bytes(address4);
    what.port = 0x1234;
    what.username = "user";
    what.password = "pass";
    return std::make_unique<socks5>(what);
}

const std::string asked_by_name = "\x05\x01\x00\x03\x0c"s + "example.test" + "\x01\xbb"s;
const std::string granted = "\x05\x00\x00\x01\x7f\x00\x00\x01\x04\x38"s;

}  // namespace

TEST_CASE("without a login: the name of the origin goes to the proxy") {
    const std::string answers = "\x05\x00"s + granted;
    const end e = feed_every_cut(by_name, answers);
    CHECK(e.open);
    CHECK(e.said == "\x05\x01\x00"s + asked_by_name);
    cut_everywhere(by_name, answers);
}

TEST_CASE("with a login, if the proxy asks for it, and an address") {
    const std::string request = "\x05\x01\x00\x01"s + address4 + "\x12\x34"s;
    const std::string asks = "\x05\x02\x01\x00"s + granted;
    const end e = feed_every_cut(with_login, asks);
    CHECK(e.open);
    CHECK(e.said == "\x05\x02\x00\x02"s + "\x01\x04user\x04pass"s + request);
    cut_everywhere(with_login, asks);

    const end unasked = feed_every_cut(with_login, "\x05\x00"s + granted);
    CHECK(unasked.open);
    CHECK(unasked.said == "\x05\x02\x00\x02"s + request);
}

TEST_CASE("an IPv6 address goes as one; a password may be empty") {
    const auto make = [] {
        socks5_request what;
        what.address = skein::as_bytes(address6);
        what.port = 80;
        what.username = "u";
        return std::make_unique<socks5>(what);
    };
    const end e = feed_every_cut(make, "\x05\x02\x01\x00"s + granted);
    CHECK(e.open);
    CHECK(e.said == "\x05\x02\x00\x02\x01\x01u\x00\x05\x01\x00\x04"s + address6 + "\x00\x50"s);
}

TEST_CASE("the proxy may say where it connects from in any way") {
    for (const std::string& from :
         {"\x01\x7f\x00\x00\x01\x04\x38"s, "\x04"s + address6 + "\x04\x38"s, "\x03\x00\x04\x38"s,
          "\x03\x01x\x04\x38"s, "\x03\xff"s + std::string(255, 'x') + "\x04\x38"s}) {
        const std::string answers = "\x05\x00\x05\x00\x00"s + from;
        CHECK(feed_every_cut(by_name, answers).open);
        cut_everywhere(by_name, answers);
        const end early = feed_every_cut(by_name, answers + "HTTP/1.1 200 OK\r\n\r\n");
        CHECK(early.failed);
        CHECK(early.early);
    }
}

TEST_CASE("every error that RFC 1928 knows has its words and a code, others their number") {
    struct meaning {
        const char* words;
        std::errc code;
    };
    const std::array<meaning, 8> known = {{
        {"cannot connect: general SOCKS server failure", std::errc::io_error},
        {"cannot connect: connection not allowed by its rules", std::errc::permission_denied},
        {"cannot connect: network unreachable", std::errc::network_unreachable},
        {"cannot connect: host unreachable", std::errc::host_unreachable},
        {"cannot connect: connection refused", std::errc::connection_refused},
        {"cannot connect: TTL expired", std::errc::timed_out},
        {"cannot connect: command not supported", std::errc::operation_not_supported},
        {"cannot connect: address type not supported", std::errc::address_family_not_supported},
    }};
    for (int code = 1; code < 256; ++code) {
        CAPTURE(code);
        const std::string answer =
            "\x05\x00\x05"s + static_cast<char>(code) + "\x00\x01\x00\x00\x00\x00\x00\x00"s;
        const end e = feed_every_cut(by_name, answer);
        CHECK(e.failed);
        const auto i = static_cast<std::size_t>(code - 1);
        if (i < known.size()) {
            CHECK(e.what == known[i].words);
            CHECK(e.code == std::make_error_code(known[i].code));
        } else {
            CHECK(e.what == "cannot connect: SOCKS error " + std::to_string(code));
        }
    }
}

TEST_CASE("another version, a method that was not offered, no method at all") {
    for (int first = 0; first < 256; ++first) {
        if (first == 5) continue;
        const end e = feed_every_cut(by_name, std::string(1, static_cast<char>(first)) + "\x00"s);
        CHECK(e.failed);
        CHECK(e.said == "\x05\x01\x00"s);
        const end late = feed_every_cut(by_name, "\x05\x00"s + static_cast<char>(first) + "\x00\x00\x01"s);
        CHECK(late.failed);
    }
    for (int method = 1; method < 256; ++method) {
        const std::string answer = "\x05"s + static_cast<char>(method);
        CHECK(feed_every_cut(by_name, answer).failed);
        CHECK(feed_every_cut(with_login, answer).failed == (method != 2));
    }
    CHECK(feed_every_cut(by_name, "\x05\xff"s).what == "wants credentials, or another login than we know");
    CHECK(feed_every_cut(with_login, "\x05\xff"s).what == "accepts no login that we know");
    CHECK(feed_every_cut(by_name, "HTTP/1.1 400 Bad Request\r\n\r\n").what ==
          "is no SOCKS 5 proxy: its answer begins with the byte 72");
}

TEST_CASE("a login that is refused, or answered in another version; another type of address") {
    for (int status = 1; status < 256; ++status) {
        const end e = feed_every_cut(with_login, "\x05\x02\x01"s + static_cast<char>(status));
        CHECK(e.failed);
        CHECK(e.code == std::make_error_code(std::errc::permission_denied));
    }
    CHECK(feed_every_cut(with_login, "\x05\x02\x05\x00"s).failed);
    for (int type = 0; type < 256; ++type) {
        if (type == 1 || type == 3 || type == 4) continue;
        const end e = feed_every_cut(by_name, "\x05\x00\x05\x00\x00"s + static_cast<char>(type));
        CHECK(e.failed);
        CHECK(e.what == "broke SOCKS 5: address type " + std::to_string(type));
    }
}

TEST_CASE("what is too long to be said fails before anything is said") {
    const std::string just(255, 'x');
    const std::string long_text(256, 'x');
    socks5_request what;
    what.name = just;
    what.username = just;
    what.password = just;
    CHECK_FALSE(socks5(what).has_failed());
    for (auto part : {&socks5_request::name, &socks5_request::username, &socks5_request::password}) {
        socks5_request broken = what;
        broken.*part = long_text;
        socks5 n(broken);
        CHECK(n.has_failed());
        CHECK_FALSE(n.has_output());
    }
}
