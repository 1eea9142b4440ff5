// Which addresses a session may connect to.
#pragma once

#include <skein/detail/config.hpp>
#include <skein/ip_address.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace skein {

/// Decides at each connection whether it may be made: after the name was resolved, for the very address that
/// is about to be connected to. So neither redirects nor names that lead somewhere else the next time get
/// around it. For programs that fetch what strangers name:
///
///     skein::session_options options;
///     options.connector.address_policy = skein::address_policy::public_only();
///
/// Addresses that it refuses are not tried; if none is left, that is connect_error, which names them and the
/// policy. Under a policy there are no connections to Unix sockets. *Thread:* called in that of the session.
class SKEIN_API address_policy {
public:
    using rule = std::function<bool(const ip_address& to, std::uint16_t port)>;

    /// Everything may be connected to.
    address_policy() noexcept = default;
    /// What `allows` says. The name is for error messages. *Throws:* std::invalid_argument for an empty
    /// function.
    address_policy(std::string name, rule allows);
    /// Addresses of the public Internet only (ip_range::global): not this machine, not its networks, nor what
    /// is reserved; in no disguise.
    static address_policy public_only();

    /// Whether there is one.
    explicit operator bool() const noexcept { return rule_ != nullptr; }
    /// Empty if there is none.
    const std::string& name() const noexcept;
    bool allows(const ip_address& to, std::uint16_t port) const;

private:
    struct named_rule {
        std::string name;
        rule allows;
    };
    std::shared_ptr<const named_rule> rule_;
};

}  // namespace skein
