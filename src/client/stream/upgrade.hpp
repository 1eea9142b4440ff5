// When HTTP gives a connection up for another protocol: what is asked for, and which answers are good.
#pragma once

#include "client/session/sending.hpp"
#include "http1/connection.hpp"
#include "http1/parser.hpp"

#include <string>
#include <string_view>

namespace skein::client {

/// Whether that names a protocol: a token, and maybe a version behind a slash (RFC 9110, section 7.8).
bool is_protocol(std::string_view name) noexcept;

/// What CONNECT asks for, in authority-form (RFC 9112, section 3.2.3): the caller's Host, else that of the
/// URL with its port.
std::string authority_of(const sending& s);

/// For a head that opens a tunnel. *Throws:* protocol_error if it comes before the request has been sent; for
/// a 101 that switches to nothing, or to what nobody asked for.
void check_switch(const sending& s, const http1::connection& wire, const http1::response_head& head);

}  // namespace skein::client
