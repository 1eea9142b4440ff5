// The Cookie header of a request: what the jar, the request and the caller's own header have to say.
#pragma once

#include "client/request/request_state.hpp"

#include <skein/cookie_jar.hpp>
#include <skein/headers.hpp>

#include <string>

namespace skein::client {

/// The Cookie header for the hop that the request stands at: the pairs of a Cookie header in `fields`, the
/// jar's cookies, the request's own; of a name that is in several, the later ones. Empty if neither jar nor
/// request has a cookie for it: then `fields` say all.
std::string cookie_header(const headers& fields, const request_state& request, cookie_jar& jar,
                          cookie_jar::time_point now);

}  // namespace skein::client
