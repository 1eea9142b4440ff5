// What a redirect does to a request: pure logic (RFC 9110, section 15.4).
#pragma once

#include "client/request/request_state.hpp"
#include "http1/parser.hpp"

#include <skein/session_options.hpp>

namespace skein::client {

/// True if the response asks for a redirect that the client may follow: 301, 302, 303, 307 or 308 with a
/// Location.
bool is_redirect(const http1::response_head& head) noexcept;

/// Turns the request into the next one: URL, method, body and headers. `asked` is the URL that answered: that
/// of the request, unless a middleware asked elsewhere; then both count as origins. On a change of origin
/// every header that the caller set goes, but for the harmless and those marked redirect_safe, and so do the
/// request's own cookies and its tls_context; http on port 80 to https on port 443 of the same host is no
/// change. Credentials in the Location are not used. *Throws:* invalid_url: no usable Location, another
/// scheme, or https to http unless allowed; payload_error: the body is kept, and cannot be sent again.
void follow_redirect(request_state& request, const url& asked, const http1::response_head& head,
                     const session_options& session);
inline void follow_redirect(request_state& request, const http1::response_head& head,
                            const session_options& session) {
    follow_redirect(request, request.url, head, session);
}

/// Moves credentials out of the URL into an Authorization header, unless there is one. *Throws:* invalid_url
/// if Basic cannot say them.
void take_url_credentials(request_state& request);

}  // namespace skein::client
