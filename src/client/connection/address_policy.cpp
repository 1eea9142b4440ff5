// Owns the policies that come with the library.
#include <skein/address_policy.hpp>

#include <stdexcept>
#include <utility>

namespace skein {

address_policy::address_policy(std::string name, rule allows) {
    if (!allows) throw std::invalid_argument("an address_policy without a function");
    rule_ = std::make_shared<const named_rule>(named_rule{std::move(name), std::move(allows)});
}

address_policy address_policy::public_only() {
    return {"public_only", [](const ip_address& to, std::uint16_t) { return to.is_global(); }};
}

const std::string& address_policy::name() const noexcept {
    static const std::string none;
    return rule_ ? rule_->name : none;
}

bool address_policy::allows(const ip_address& to, std::uint16_t port) const {
    return !rule_ || rule_->allows(to, port);
}

}  // namespace skein
