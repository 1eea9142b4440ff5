// A request in the making.
#pragma once

#include <skein/body_source.hpp>
#include <skein/bytes.hpp>
#include <skein/client_response.hpp>
#include <skein/content_coding.hpp>
#include <skein/detail/awaitable.hpp>
#include <skein/detail/config.hpp>
#include <skein/form.hpp>
#include <skein/headers.hpp>
#include <skein/middleware.hpp>
#include <skein/multipart.hpp>
#include <skein/proxy.hpp>
#include <skein/retry_policy.hpp>
#include <skein/task.hpp>
#include <skein/timeouts.hpp>
#include <skein/tls_context.hpp>
#include <skein/trace.hpp>

#include <nlohmann/json_fwd.hpp>

#include <chrono>
#include <concepts>
#include <coroutine>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace skein {

namespace client {
struct request_state;
}

/// A request that is built a setting at a time and sent by awaiting it:
///
///     auto response = co_await session.get(url).header("Accept", "text/html").timeout(5s);
///
///     auto request = session.get(url);
///     if (since) request.header("If-Modified-Since", *since);
///     auto response = co_await std::move(request);
///
/// Awaiting gives a client_response as soon as the head of the (last) response is in. Converts to
/// task<client_response>, and is an awaitable for gather, wait_for and the like. All arguments are copied.
///
/// *Lifetime:* move-only; sent once. Keeps what it needs of its session alive.
/// *Cancellation:* at once, in any phase; the connection that was in use is closed.
/// *Throws:* setters std::invalid_argument for what HTTP does not allow (CR, LF, NUL, ...). Awaiting: an
/// error of error.hpp that says what failed, to whom, in which phase, after how long, and carries the report;
/// std::logic_error if the session is closed, or used by a loop in another thread.
class SKEIN_NODISCARD_API client_request {
public:
    client_request(client_request&&) noexcept;
    client_request& operator=(client_request&&) noexcept;
    ~client_request();

    /// Adds a header. The first of a name takes the place of the session's and the library's own.
    client_request& header(std::string_view name, std::string_view value) &;
    client_request&& header(std::string_view name, std::string_view value) && {
        return std::move(header(name, value));
    }
    /// Adds all of them.
    client_request& headers(const skein::headers& fields) &;
    client_request&& headers(const skein::headers& fields) && { return std::move(headers(fields)); }
    /// Adds `name=value` to the query, form-urlencoded; any bytes may be in it.
    client_request& param(std::string_view name, std::string_view value) &;
    client_request&& param(std::string_view name, std::string_view value) && {
        return std::move(param(name, value));
    }

    /// Sends a cookie with this request only, in the place of the jar's of that name. It goes to the origin
    /// that is asked first, redirects within it included, and to no other; the jar never sees it. The bytes
    /// are sent as they are. *Throws:* std::invalid_argument for a ';', a control character, blanks at an
    /// end, a
    /// '=' in the name, more than 4096 bytes.
    client_request& cookie(std::string_view name, std::string_view value) &;
    client_request&& cookie(std::string_view name, std::string_view value) && {
        return std::move(cookie(name, value));
    }

    /// The body. No Content-Type is added.
    client_request& body(std::string content) &;
    client_request&& body(std::string content) && { return std::move(body(std::move(content))); }
    client_request& body(byte_view content) &;
    client_request&& body(byte_view content) && { return std::move(body(content)); }
    /// A body that is made, or read, while it is sent. `size` in bytes: announced as Content-Length, and then
    /// the content must have it, else the request fails with payload_error, and no server takes what was sent
    /// for the whole. Without one, and where the source does not know it either, the body is sent in chunks.
    ///
    /// An answer of 300 or more that comes meanwhile ends the sending, and is the response; a better one
    /// does so if it is complete, or 256 KiB of it wait to be read. The connection is closed in both cases.
    client_request& body(body_source source, std::optional<std::uint64_t> size = {}) &;
    client_request&& body(body_source source, std::optional<std::uint64_t> size = {}) && {
        return std::move(body(std::move(source), size));
    }
    /// The content of a file: see body_source::file(). No Content-Type is added.
    client_request& body_file(const std::filesystem::path& path) &;
    client_request&& body_file(const std::filesystem::path& path) && { return std::move(body_file(path)); }
    /// The fields of a form, with Content-Type: application/x-www-form-urlencoded unless a header says
    /// otherwise.
    client_request& form(const skein::form& fields) &;
    client_request&& form(const skein::form& fields) && { return std::move(form(fields)); }
    /// Several parts, with Content-Type: multipart/form-data and the boundary.
    client_request& multipart(const skein::multipart& parts) &;
    client_request&& multipart(const skein::multipart& parts) && { return std::move(multipart(parts)); }
    /// A JSON body, with Content-Type: application/json unless a header says otherwise.
    client_request& json(const nlohmann::json& value) &;
    client_request&& json(const nlohmann::json& value) && { return std::move(json(value)); }

    /// Compresses the body on its way, with Content-Encoding: in chunks, for its length is not known before;
    /// up to 64 KiB in memory with their length. What is in the encoder leaves when 64 KiB have come
    /// together, or the body ends. *Throws:* std::invalid_argument if the coding is not supported here;
    /// awaiting it, if there is a Content-Encoding header besides.
    client_request& compress(content_coding coding) &;
    client_request&& compress(content_coding coding) && { return std::move(compress(coding)); }
    /// Adds a trailer: a field behind the body, which is then sent in chunks. It is announced (Trailer).
    /// *Throws:* std::invalid_argument for what must not be one: framing, routing, credentials, content
    /// format (RFC 9110, section 6.5.1).
    client_request& trailer(std::string_view name, std::string_view value) &;
    client_request&& trailer(std::string_view name, std::string_view value) && {
        return std::move(trailer(name, value));
    }
    /// Asks for (further) trailers when the body is written: a checksum of it, say.
    client_request& trailers(std::function<skein::headers()> at_end) &;
    client_request&& trailers(std::function<skein::headers()> at_end) && {
        return std::move(trailers(std::move(at_end)));
    }
    /// Sends the body only if the server asks for it (Expect: 100-continue), or says nothing for a second. If
    /// it answers instead, the body is not sent; after 417 the request goes out once more, without the
    /// question (RFC 9110, section 10.1.1). Without a body it has no effect.
    client_request& expect_continue(bool expect = true) &;
    client_request&& expect_continue(bool expect = true) && { return std::move(expect_continue(expect)); }
    /// Told of each piece of the body that the system has taken: how many bytes, as they are sent, of how
    /// many, if that is known. When the body is sent again, it begins anew. What it throws ends the request.
    client_request& on_upload(
        std::function<void(std::uint64_t sent, std::optional<std::uint64_t> total)> progress) &;
    client_request&& on_upload(
        std::function<void(std::uint64_t sent, std::optional<std::uint64_t> total)> progress) && {
        return std::move(on_upload(std::move(progress)));
    }

    /// Names of headers that the library shall not add by itself (Accept, Accept-Encoding, User-Agent), so
    /// that without one of the request's or the session's they are not sent.
    template <class... Names>
    requires(std::convertible_to<const Names&, std::string_view>&&...)
        client_request& skip_auto_headers(const Names&... names) & {
        (skip_auto_header(names), ...);
        return *this;
    }
    template <class... Names>
    requires(std::convertible_to<const Names&, std::string_view>&&...) client_request &&
        skip_auto_headers(const Names&... names) && {
        return std::move(skip_auto_headers(names...));
    }

    /// Authorization: Basic, of user and password in UTF-8 (RFC 7617). The last of basic_auth(),
    /// digest_auth() and bearer() counts; the first origin alone is told, like every header but the harmless
    /// ones. *Throws:* std::invalid_argument for a control character, or a colon in the user name.
    client_request& basic_auth(std::string_view user, std::string_view password) &;
    client_request&& basic_auth(std::string_view user, std::string_view password) && {
        return std::move(basic_auth(user, password));
    }
    /// Answers challenges of the scheme Digest (RFC 7616; MD5, SHA-256, SHA-512-256) from the origin that is
    /// asked first: a 401 with one is answered once, and again if the server calls the nonce stale. A refused
    /// answer is the response. Later requests of the session that say the same user and password answer
    /// before they are asked, where the server's protection space allows. Takes the place of every other
    /// Authorization, the session's too. MD5 is answered if nothing better is offered, as most servers know
    /// nothing else: over plain http, whoever listens can then try passwords. It shows the server who we are,
    /// not us the server (its rspauth is not looked at): that is what https is for.
    /// *Throws:* std::invalid_argument for a control character.
    client_request& digest_auth(std::string_view user, std::string_view password) &;
    client_request&& digest_auth(std::string_view user, std::string_view password) && {
        return std::move(digest_auth(user, password));
    }
    /// Authorization: Bearer (RFC 6750).
    client_request& bearer(std::string_view token) &;
    client_request&& bearer(std::string_view token) && { return std::move(bearer(token)); }

    /// The limit of the whole request, with its body.
    template <class Rep, class Period>
    client_request& timeout(std::chrono::duration<Rep, Period> total) & {
        return timeout(with_total(total));
    }
    template <class Rep, class Period>
    client_request&& timeout(std::chrono::duration<Rep, Period> total) && {
        return std::move(timeout(with_total(total)));
    }
    /// Limits by phase; those that are unset stay as they are.
    client_request& timeout(const timeouts& limits) &;
    client_request&& timeout(const timeouts& limits) && { return std::move(timeout(limits)); }

    /// Whether redirects are followed. Default: true; for client_session::head() false.
    client_request& follow_redirects(bool follow) &;
    client_request&& follow_redirects(bool follow) && { return std::move(follow_redirects(follow)); }
    /// How many are followed; one more is too_many_redirects. Default: the session's.
    client_request& max_redirects(int count) &;
    client_request&& max_redirects(int count) && { return std::move(max_redirects(count)); }
    /// This header may follow a redirect to another origin.
    client_request& redirect_safe(std::string_view header_name) &;
    client_request&& redirect_safe(std::string_view header_name) && {
        return std::move(redirect_safe(header_name));
    }
    /// Whether a redirect from https to http is followed. Default: false.
    client_request& allow_downgrade(bool allow) &;
    client_request&& allow_downgrade(bool allow) && { return std::move(allow_downgrade(allow)); }
    /// Whom a connection for this request trusts, and who we are on it, in the place of the session's `tls`.
    /// It stays with the origin that is asked first, as credentials do: where a redirect leads elsewhere, the
    /// session's counts. Connections are shared only among requests that trust the same (tls_context::id():
    /// copies of one context).
    client_request& tls(const tls_context& trust) &;
    client_request&& tls(const tls_context& trust) && { return std::move(tls(trust)); }
    /// What this request goes through, with all its redirects, in the place of what the session says: a
    /// proxy, its URL, or proxy::none(). Connections are shared only among requests that go through the same,
    /// as the same user. A Proxy-Authorization header of yours takes the place of the URL's credentials; it
    /// goes to an http or https proxy only, never to an origin. *Throws:* invalid_url for what is no proxy;
    /// awaiting it, proxy_error if the proxy refuses or fails.
    client_request& proxy(const skein::proxy& through) &;
    client_request&& proxy(const skein::proxy& through) && { return std::move(proxy(through)); }
    /// Throw response_error for a status of 400 and more.
    client_request& raise_for_status(bool raise = true) &;
    client_request&& raise_for_status(bool raise = true) && { return std::move(raise_for_status(raise)); }

    /// Whether a compressed body is decompressed. Default: the session's, which is true. Then the request
    /// says what this build can undo (Accept-Encoding: gzip, deflate, br, zstd), unless a header of the
    /// caller's says otherwise or a Range is asked for; and chunk(), read(), text(), save_to() give the body
    /// as it was before it was compressed. Headers stay as they came. A body in a coding that this build does
    /// not know is given as it came, and so is a part (206): it cannot be decoded by itself.
    client_request& decompress(bool on) &;
    client_request&& decompress(bool on) && { return std::move(decompress(on)); }
    /// Is called with status and headers of each interim response (RFC 9110, section 15.2), such as 103 Early
    /// Hints, before the response is there; at most 64 come. What it throws ends the request.
    client_request& on_interim(std::function<void(int status, const skein::headers& fields)> hook) &;
    client_request&& on_interim(std::function<void(int status, const skein::headers& fields)> hook) && {
        return std::move(on_interim(std::move(hook)));
    }
    /// Is called as the body is read, whichever way, with how many bytes of it have come, and how many will
    /// if the server has said so: as they are on the wire, compressed. What it throws ends the reading.
    client_request& on_download(
        std::function<void(std::uint64_t received, std::optional<std::uint64_t> total)> hook) &;
    client_request&& on_download(
        std::function<void(std::uint64_t received, std::optional<std::uint64_t> total)> hook) && {
        return std::move(on_download(std::move(hook)));
    }
    /// When it is sent again: instead of what the session says. `retry({.attempts = 1})`: never.
    client_request& retry(const retry_policy& policy) &;
    client_request&& retry(const retry_policy& policy) && { return std::move(retry(policy)); }
    /// Decides which errors and statuses are worth another attempt, within the policy.
    client_request& retry_if(retry_predicate decide) &;
    client_request&& retry_if(retry_predicate decide) && { return std::move(retry_if(std::move(decide))); }

    /// Reading the body goes on after a cut or a stall: the rest is asked for, with Range and If-Range, and
    /// comes out of the same response as if nothing had been, while the session is open. Pauses and attempts
    /// are those of the retry policy (without one, of a default one), counted anew whenever a byte has come.
    /// For GET.
    ///
    /// It must be the same file: the first response needs a strong ETag, or a Last-Modified that is older
    /// than its Date (RFC 9110, section 13.1.5), and no content coding (so Accept-Encoding: identity is sent,
    /// unless the request has one). A server that sends another version, another place, or another length
    /// than it said gives a payload_error, and so does a cut without a validator. After one that sends the
    /// same file (by its ETag) from its beginning, what was read is skipped. With a Range of your own, the
    /// rest of that range is asked for.
    /// *Throws:* std::logic_error for another method.
    client_request& resumable(bool resume = true) &;
    client_request&& resumable(bool resume = true) && { return std::move(resumable(resume)); }

    /// Asks the server to go on with another protocol ("websocket", "name/version") on this connection
    /// (RFC 9110, section 7.8); of several calls, with any of these. If it agrees, the response has status
    /// 101, and its upgrade() gives the stream; else it is one like any other. A redirect to another origin
    /// takes the wish away with the other headers. Through a proxy it goes in a tunnel, also to http URLs.
    /// *Throws:* std::invalid_argument for what is no protocol. Awaiting: protocol_error for a 101 that names
    /// no protocol, or one that was not asked for, or comes before the request is sent.
    client_request& upgrade(std::string_view protocol) &;
    client_request&& upgrade(std::string_view protocol) && { return std::move(upgrade(protocol)); }

    /// Adds a middleware, inside of the session's and of those that were added before. (In aiohttp the
    /// request's list takes the place of the session's; for that, see session_middleware().)
    client_request& middleware(skein::middleware around) &;
    client_request&& middleware(skein::middleware around) && {
        return std::move(middleware(std::move(around)));
    }
    /// Whether the session's middlewares are used. Default: true. A request that one of them makes itself,
    /// to get a token say, goes without, or it would meet itself.
    client_request& session_middleware(bool use) &;
    client_request&& session_middleware(bool use) && { return std::move(session_middleware(use)); }
    /// Is told of all that happens to this request, after the session's own.
    client_request& trace(trace_function told) &;
    client_request&& trace(trace_function told) && { return std::move(trace(std::move(told))); }

    /// A command line that has curl make the same request, for a POSIX shell: with the session's headers, the
    /// cookies of its jar, the body. Secrets are masked (masked_value()) unless asked for; a body is shown as
    /// it is. Middlewares are not asked. *Throws:* std::logic_error after it was sent.
    std::string to_curl(bool with_secrets = false) const;

    /// Sends it, once: as awaiting it.
    task<client_response> send() &&;
    operator task<client_response>() && { return std::move(*this).send(); }

    /// Keeps the task that awaiting makes.
    class awaiter {
    public:
        explicit awaiter(task<client_response> sending) noexcept
            : sending_(std::move(sending)), inner_(sending_.operator co_await()) {}
        bool await_ready() const { return inner_.await_ready(); }
        bool await_suspend(detail::task_handle at) const noexcept { return inner_.await_suspend(at); }
        client_response await_resume() const { return inner_.await_resume(); }

    private:
        task<client_response> sending_;
        detail::task_awaiter<client_response> inner_;
    };
    awaiter operator co_await() && { return awaiter(std::move(*this).send()); }

    /// For the library.
    explicit client_request(std::unique_ptr<client::request_state> state) noexcept;

private:
    template <class Rep, class Period>
    static timeouts with_total(std::chrono::duration<Rep, Period> total) noexcept {
        timeouts limits;
        limits.total = total;
        return limits;
    }
    client::request_state& state();
    void skip_auto_header(std::string_view name);
    client_request& authorization(const std::string& value) &;

    std::unique_ptr<client::request_state> state_;
};

}  // namespace skein
