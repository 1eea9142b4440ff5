// Which proxy a URL goes through, by what the program or the environment says. Knows no request and does no
// I/O; the environment is what it is given.
#pragma once

#include <skein/bytes.hpp>
#include <skein/ip_address.hpp>
#include <skein/proxy.hpp>
#include <skein/url.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace skein::client {

/// The bytes of an address, four or sixteen.
byte_view bytes_of(const ip_address& of) noexcept;

/// A list of those who are reached without a proxy, in the syntax of NO_PROXY: session_options::no_proxy.
/// What cannot be understood in it is left out.
class no_proxy_list {
public:
    no_proxy_list() = default;
    explicit no_proxy_list(std::string_view text);

    bool covers(const url& to) const;

private:
    struct entry {
        std::string name = {};  // without a dot at either end; empty: an address
        std::optional<ip_address> address = {};
        unsigned bits = 0;                       // of it, that count
        std::optional<std::uint16_t> port = {};  // nothing: any
    };
    void add(std::string_view text);
    static bool matches(const entry& one, const url& to, std::string_view name,
                        const std::optional<ip_address>& address);

    std::vector<entry> entries_;
    bool everybody_ = false;
};

/// Gives the value of an environment variable; null: it is not set.
using environment = std::function<const char*(const char* name)>;

class proxy_rules {
public:
    /// One proxy for all but those in the list.
    proxy_rules(proxy all, std::string_view except) : http_(all), https_(std::move(all)), except_(except) {}
    /// What the environment says; nothing if that is nothing. *Throws:* invalid_url that names the variable.
    static std::optional<proxy_rules> from(const environment& variables, std::string_view except);

    /// The proxy for that URL; null: directly.
    const proxy* of(const url& to) const;

private:
    proxy_rules() = default;

    proxy http_;
    proxy https_;
    no_proxy_list except_;
    no_proxy_list except_too_;  // of the program, beside the environment's
    bool spares_this_machine_ = false;
};

}  // namespace skein::client
