// Functions around each attempt at a request: they may change it, answer it, repeat it, or replace its
// response.
#pragma once

#include <skein/client_response.hpp>
#include <skein/detail/config.hpp>
#include <skein/headers.hpp>
#include <skein/task.hpp>
#include <skein/url.hpp>

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace skein {

namespace client {
class middleware_chain;
class sending;
}  // namespace client

/// A request as it is about to be sent: what a middleware sees and may change. Changes are for this attempt
/// only: the next hop of a redirect, or the next try of a retry policy, begins with the request as the
/// program made it, and goes through the middlewares again.
///
/// *Lifetime:* that of the middleware's task; views are valid until the request is changed.
class SKEIN_API attempt_request {
public:
    attempt_request(const attempt_request&) = delete;
    attempt_request& operator=(const attempt_request&) = delete;

    const std::string& method() const noexcept;
    const skein::url& url() const noexcept;
    /// Everything that will be sent but what the library adds for each message: Host, Cookie, the framing.
    const skein::headers& headers() const noexcept;
    /// The body, if there is one that lies in memory.
    std::optional<std::string_view> body() const noexcept;
    /// The value that the Cookie header will have: of the jar, the request, and a Cookie header of the
    /// caller's together. Empty: there will be none.
    std::string cookie_header() const;
    /// Redirects that led here.
    unsigned redirects() const noexcept;
    /// How often the request has been sent before, over all its hops.
    unsigned attempts() const noexcept;

    /// *Throws:* std::invalid_argument if it is no token.
    void set_method(std::string_view name);
    /// Asks another place. On a change of origin the request's own cookies and a Host header do not go along,
    /// the other headers do: take away what is not meant for it. Credentials in it become an Authorization
    /// header, as they do in a request. *Throws:* invalid_url if its scheme is not http or https.
    void set_url(const skein::url& to);
    /// Makes this the only header of that name. *Throws:* std::invalid_argument, as skein::headers.
    void set_header(std::string_view name, std::string_view value);
    /// Adds a header, beside others of that name.
    void add_header(std::string_view name, std::string_view value);
    void remove_header(std::string_view name);
    void set_body(std::string content);
    void remove_body();

    /// A response that no server has sent: to be returned by the middleware, in the place of next()'s. It is
    /// treated as if it had come from url(): its Set-Cookie headers are kept, its redirect is followed, its
    /// status raised. Its body is given as it is, whatever Content-Encoding says. It takes no connection.
    client_response respond(int status, std::string content = {}, skein::headers fields = {});

private:
    friend client::middleware_chain;
    explicit attempt_request(client::middleware_chain& chain) noexcept : chain_(chain) {}
    client::middleware_chain& chain_;
};

/// What a middleware calls to go on: the middlewares inside of it, then the network. May be called several
/// times, one after the other, to repeat the request as it then is; drop the response of the time before, or
/// it keeps its connection. A copy is as good. *Lifetime:* that of the middleware's task.
class SKEIN_API next_handler {
public:
    /// The response, whatever its status, before redirects are followed. `request` is the one that the
    /// middleware was given. *Throws:* what sending a request throws, and what the middlewares inside throw;
    /// std::logic_error for another request, or while another call goes on.
    task<client_response> operator()(attempt_request& request) const;

private:
    friend client::middleware_chain;
    next_handler(client::middleware_chain& chain, std::size_t index) noexcept
        : chain_(&chain), index_(index) {}
    client::middleware_chain* chain_;
    std::size_t index_;
};

/// A function around each attempt at a request, as aiohttp's client middlewares are:
///
///     task<client_response> sign(attempt_request& request, next_handler next) {
///         request.set_header("X-Signature", signature_of(request));
///         co_return co_await next(request);
///     }
///
/// It is called for each hop of a redirect and each try of a retry policy, before the connection is chosen
/// and before the Cookie header is made. The session's middlewares come first, the request's own inside of
/// them; of a list, the first is the outermost. Its time counts toward the total time limit of the request.
/// What it throws is what the request throws.
using middleware = std::function<task<client_response>(attempt_request& request, next_handler next)>;

}  // namespace skein
