// nginx, which several files of tests share.
#pragma once

#include "site.hpp"

#include <cstdint>

namespace live {

/// Started when it is first asked for.
site& nginx();

/// Its ports with TLS of one version each, and with client certificates.
struct tls_ports {
    std::uint16_t tls12 = skein::test::free_port();
    std::uint16_t tls13 = skein::test::free_port();
    std::uint16_t mutual = skein::test::free_port();
};
const tls_ports& nginx_ports();

}  // namespace live
