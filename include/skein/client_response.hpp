// What comes back.
#pragma once

#include <skein/bytes.hpp>
#include <skein/detail/config.hpp>
#include <skein/headers.hpp>
#include <skein/http_version.hpp>
#include <skein/request_report.hpp>
#include <skein/task.hpp>
#include <skein/url.hpp>

#include <nlohmann/json_fwd.hpp>

#include <concepts>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace skein {

namespace client {
class middleware_chain;
class response_state;
}  // namespace client

/// One redirect that was followed.
struct hop {
    skein::url url;  ///< that answered with the redirect
    int status = 0;
    skein::headers headers = {};
};

/// A response whose head is in. Its body is read by one of chunk(), read(), text(), json(), once.
///
/// *Lifetime:* move-only. Leases a connection until the body has arrived; dropping it (or close()) before
/// gives the connection up. May outlive its session. Views of headers and URL are valid as long as the
/// response. *Cancellation:* reads end at once, and the connection is given up. *Thread:* the loop's.
/// *Throws:* reads throw payload_error (the body is cut short or malformed, or over the limit),
/// timeout_error, cancelled_error; std::logic_error if the body was read before, or after close().
class SKEIN_API client_response {
public:
    client_response(client_response&&) noexcept;
    client_response& operator=(client_response&&) noexcept;
    ~client_response();

    int status() const noexcept;
    /// True for a status below 400.
    bool ok() const noexcept { return status() < 400; }
    /// The reason phrase as it came; often empty, never to be relied on.
    std::string_view reason() const noexcept;
    http_version version() const noexcept;
    const skein::headers& headers() const noexcept;
    /// The fields after a chunked body; complete once the body was read to its end.
    const skein::headers& trailers() const noexcept;
    /// The URL that answered, after redirects.
    const skein::url& url() const noexcept;
    /// The redirects that led here, the first one first.
    const std::vector<hop>& history() const noexcept;
    /// What the exchange did so far.
    const request_report& report() const;
    /// The Content-Length, where the head has one.
    std::optional<std::uint64_t> content_length() const noexcept;

    /// *Throws:* response_error if the status is 400 or more.
    const client_response& raise_for_status() const;

    /// The next piece of the body, as large as it came; valid until the next call. Nothing at the end. A
    /// reader that does not ask stops the sender: at most 256 KiB wait here.
    task<std::optional<byte_view>> chunk();
    /// The whole body. *Throws:* payload_error if it is longer than `limit` bytes.
    task<std::vector<std::byte>> read(std::size_t limit = default_limit);
    /// The whole body as text, byte for byte. *Throws:* payload_error if it is longer than `limit` bytes.
    task<std::string> text(std::size_t limit = default_limit);
    /// The whole body, parsed; J is nlohmann::json or what it can be converted to (then include
    /// <nlohmann/json.hpp>). *Throws:* payload_error if it is not JSON.
    template <class J = nlohmann::json>
    task<J> json() {
        if constexpr (std::same_as<J, nlohmann::json>)
            return json_value();
        else
            return json_as<J>(json_value());
    }

    /// Gives the body up, and the connection if the body has not arrived whole.
    void close() noexcept;

    /// 32 MiB.
    static constexpr std::size_t default_limit = std::size_t{32} * 1024 * 1024;

    /// For the library.
    explicit client_response(std::unique_ptr<client::response_state> state) noexcept;

private:
    friend client::middleware_chain;
    task<nlohmann::json> json_value();
    template <class J>
    static task<J> json_as(task<nlohmann::json> value) {
        auto parsed = co_await value;
        co_return parsed.template get<J>();
    }

    std::unique_ptr<client::response_state> state_;
};

}  // namespace skein
