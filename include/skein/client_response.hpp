// What comes back.
#pragma once

#include <skein/bytes.hpp>
#include <skein/content_disposition.hpp>
#include <skein/detail/config.hpp>
#include <skein/headers.hpp>
#include <skein/http_version.hpp>
#include <skein/request_report.hpp>
#include <skein/save_options.hpp>
#include <skein/stream.hpp>
#include <skein/task.hpp>
#include <skein/url.hpp>
#include <skein/web_link.hpp>

#include <nlohmann/json_fwd.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
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

/// A response whose head is in. Its body is read once: whole, by read(), text() or json(); to a file, by
/// save_to(); or piece by piece, by chunk(), read_line(), read_until(), read_exactly(). A compressed body is
/// decompressed (client_request::decompress()), and limits count what it is then.
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
    /// The Content-Length, where the head has one: of the body as it is on the wire, compressed or not.
    std::optional<std::uint64_t> content_length() const noexcept;
    /// The media type of Content-Type, "text/html", lower-case; empty if there is none.
    std::string content_type() const;
    /// The charset of Content-Type, lower-case, where it has one.
    std::optional<std::string> charset() const;
    /// The Content-Disposition, where there is a good one. For the name of a file see download_name().
    std::optional<skein::content_disposition> content_disposition() const;
    /// The links of the Link fields (RFC 8288), resolved against url().
    std::vector<web_link> links() const;
    /// Where the first link of that relation leads: link("next") to the next page.
    std::optional<skein::url> link(std::string_view relation) const;
    /// The cookies that it sets, by name and value as they came; of a name that is set twice, both. What of
    /// them was taken is in the session's jar.
    std::vector<std::pair<std::string, std::string>> cookies() const;

    /// *Throws:* response_error if the status is 400 or more.
    const client_response& raise_for_status() const;

    /// The next piece of the body, as large as it came (decompressed, at most 64 KiB); valid until the next
    /// call. Nothing at the end. A reader that does not ask stops the sender: at most 256 KiB wait here.
    task<std::optional<byte_view>> chunk();
    /// The next line, without its line end (LF or CR LF); nothing at the end. The last one need not have a
    /// line end. Lines, exact counts and pieces may be read in turn. *Throws:* payload_error for a line of
    /// more than `limit` bytes.
    task<std::optional<std::string>> read_line(std::size_t limit = default_line_limit);
    /// The body up to `end` and with it; nothing at the end of the body. *Throws:* incomplete_read, with what
    /// came, if the body ends before; payload_error if that is more than `limit` bytes; std::invalid_argument
    /// if `end` is empty.
    task<std::optional<std::string>> read_until(std::string_view end, std::size_t limit = default_line_limit);
    /// Exactly that many bytes. *Throws:* incomplete_read, with what came, if the body ends before.
    task<std::vector<std::byte>> read_exactly(std::size_t count);
    /// The whole body. *Throws:* payload_error if it is longer than `limit` bytes.
    task<std::vector<std::byte>> read(std::size_t limit = default_limit);
    /// The whole body as text in UTF-8. It is converted from the charset of the Content-Type, whose labels
    /// are those of the WHATWG Encoding standard: windows-1252 (ISO-8859-1 is that) and UTF-16, with ICU all
    /// of the web's; what is malformed becomes U+FFFD. Without a charset it is UTF-8 and given byte for byte,
    /// valid or not; a byte order mark is left out. A charset that this build does not know is no matter if
    /// the body is UTF-8. *Throws:* payload_error if it is longer than `limit` bytes, or in an unknown
    /// charset.
    task<std::string> text(std::size_t limit = default_limit);
    /// The whole body, parsed; J is nlohmann::json or what it can be converted to (then include
    /// <nlohmann/json.hpp>). Always read as UTF-8 (RFC 8259), and whatever the Content-Type says: servers
    /// that send JSON as text/plain or text/html are many, and what is no JSON shows anyway. *Throws:*
    /// payload_error, which says the Content-Type and how the body begins, if it is not JSON.
    template <class J = nlohmann::json>
    task<J> json() {
        if constexpr (std::same_as<J, nlohmann::json>)
            return json_value();
        else
            return json_as<J>(json_value());
    }

    /// Saves the body to a file, which is there whole or not at all: it is written to PATH.part, synced, and
    /// renamed. All that blocks is done in threads of libuv's pool. Gives the number of bytes. What is there
    /// already stays, unless the options say otherwise. The status does not matter: see raise_for_status().
    /// `each`, if given, is called with each piece before it is written: for progress, or a checksum. `check`
    /// is called when all has come, before the file gets its name: what it throws fails the saving, so that a
    /// file with a wrong checksum never has that name.
    /// *Throws:* std::filesystem::filesystem_error (a full disk, no permission, ...), with path and code;
    /// what `each` and `check` throw. The default limit on the whole request does not bound it; one that was
    /// set does. *Cancellation:* waits for what is being written at the moment.
    task<std::uint64_t> save_to(std::filesystem::path path, save_options options = save_options(),
                                std::function<void(byte_view piece)> each = {},
                                std::function<void()> check = {});

    /// After a 101, or a 2xx to CONNECT: the connection as a stream, which begins with what came behind the
    /// head. It is the caller's for good, but keeps its place in the limits of the session until it is
    /// closed. Before, nothing of what comes is lost; a response that is dropped closes it. *Throws:*
    /// std::logic_error for any other response, the second time, and after close().
    stream upgrade();

    /// Gives the body up, and the connection if the body has not arrived whole.
    void close() noexcept;

    /// 32 MiB.
    static constexpr std::size_t default_limit = std::size_t{32} * 1024 * 1024;
    /// 64 KiB.
    static constexpr std::size_t default_line_limit = std::size_t{64} * 1024;

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
