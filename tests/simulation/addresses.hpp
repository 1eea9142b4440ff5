// What the tests of names and of addresses share.
#pragma once

#include <skein/ip_address.hpp>

#include <string>
#include <vector>

namespace simulation {

inline std::vector<skein::ip_address> list(const std::vector<std::string>& texts) {
    std::vector<skein::ip_address> all;
    for (const auto& text : texts) all.emplace_back(text);
    return all;
}

}  // namespace simulation
