// Owns the messages of SOCKS 5 and the words for its errors.
#include "client/connection/socks5.hpp"

#include <algorithm>
#include <array>
#include <system_error>

namespace skein::client {

namespace {

constexpr char version = 5;
constexpr char login_version = 1;
constexpr char connect_command = 1;
constexpr std::uint8_t no_login = 0x00;
constexpr std::uint8_t by_password = 0x02;
constexpr std::uint8_t no_method = 0xff;
constexpr std::uint8_t type_ipv4 = 1;
constexpr std::uint8_t type_name = 3;
constexpr std::uint8_t type_ipv6 = 4;
constexpr std::size_t port_bytes = 2;
constexpr std::size_t longest_text = 255;

struct reply_meaning {
    std::string_view words;
    std::errc code;
};

/// RFC 1928, section 6; by number.
constexpr std::array<reply_meaning, 9> replies = {{
    {"succeeded", std::errc()},
    {"general SOCKS server failure", std::errc::io_error},
    {"connection not allowed by its rules", std::errc::permission_denied},
    {"network unreachable", std::errc::network_unreachable},
    {"host unreachable", std::errc::host_unreachable},
    {"connection refused", std::errc::connection_refused},
    {"TTL expired", std::errc::timed_out},
    {"command not supported", std::errc::operation_not_supported},
    {"address type not supported", std::errc::address_family_not_supported},
}};

void append_text(std::string& out, std::string_view text) {
    out += static_cast<char>(text.size());
    out += text;
}

std::string login_of(const socks5_request& what) {
    if (what.username.empty() && what.password.empty()) return {};
    std::string text(1, login_version);
    append_text(text, what.username);
    append_text(text, what.password);
    return text;
}

std::string request_of(const socks5_request& what) {
    std::string text = {version, connect_command, 0};
    if (what.address.empty()) {
        text += static_cast<char>(type_name);
        append_text(text, what.name);
    } else {
        text += static_cast<char>(what.address.size() == 4 ? type_ipv4 : type_ipv6);
        text += as_text(what.address);
    }
    text += static_cast<char>(what.port >> 8);
    text += static_cast<char>(what.port & 0xff);
    return text;
}

}  // namespace

socks5::socks5(const socks5_request& what) {
    for (const auto text : {what.name, what.username, what.password}) {
        if (text.size() <= longest_text) continue;
        fail("cannot be told a name or credentials of more than 255 bytes");
        return;
    }
    login_ = login_of(what);
    request_ = request_of(what);
    std::string greeting(1, version);
    append_text(greeting, login_.empty() ? std::string_view("\x00", 1) : std::string_view("\x00\x02", 2));
    say(greeting);
    expect(part::method, 2);
}

void socks5::expect(part next, std::size_t bytes) noexcept {
    part_ = next;
    wanted_ = bytes;
    got_.clear();
}

void socks5::take(byte_view& data) {
    while (!is_over()) {
        const std::size_t n = std::min(wanted_ - got_.size(), data.size());
        got_ += as_text(data.first(n));
        data = data.subspan(n);
        if (got_.size() < wanted_) return;
        take_part();
    }
}

void socks5::take_part() {
    switch (part_) {
        case part::method:
            return take_method();
        case part::password:
            if (at(0) != login_version)
                return fail("broke RFC 1929: version " + std::to_string(at(0)) + " of the login");
            if (at(1) != 0)
                return fail("does not accept the user name and password",
                            std::make_error_code(std::errc::permission_denied));
            say(request_);
            return expect(part::reply, 2);
        case part::reply:
            return take_reply();
        case part::address_type:
            return take_address_type();
        case part::name_size:
            return expect(part::address, at(0) + port_bytes);
        case part::address:  // where it connects from: of no interest
            return open();
    }
}

void socks5::take_method() {
    if (at(0) != version)
        return fail("is no SOCKS 5 proxy: its answer begins with the byte " + std::to_string(at(0)));
    if (at(1) == no_login) {
        say(request_);
        return expect(part::reply, 2);
    }
    if (at(1) == by_password && !login_.empty()) {
        say(login_);
        return expect(part::password, 2);
    }
    if (at(1) == no_method)
        return fail(login_.empty() ? "wants credentials, or another login than we know"
                                   : "accepts no login that we know",
                    std::make_error_code(std::errc::permission_denied));
    fail("chose login method " + std::to_string(at(1)) + ", which was not offered");
}

void socks5::take_reply() {
    if (at(0) != version) return fail("broke SOCKS 5: a reply of version " + std::to_string(at(0)));
    const std::uint8_t code = at(1);
    if (code == 0) return expect(part::address_type, 2);
    std::string what = "cannot connect: ";
    if (code >= replies.size()) return fail(what + "SOCKS error " + std::to_string(code));
    fail(what.append(replies[code].words), std::make_error_code(replies[code].code));
}

void socks5::take_address_type() {
    switch (at(1)) {
        case type_ipv4:
            return expect(part::address, 4 + port_bytes);
        case type_ipv6:
            return expect(part::address, 16 + port_bytes);
        case type_name:
            return expect(part::name_size, 1);
        default:
            fail("broke SOCKS 5: address type " + std::to_string(at(1)));
    }
}

}  // namespace skein::client
