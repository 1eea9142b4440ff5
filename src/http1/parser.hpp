// Responses out of bytes: llhttp, and the guards around it (RFC 9112). Does no I/O, knows no clock and no
// connection; bytes come in, events come out.
#pragma once

#include "http1/failure.hpp"
#include "http1/message_facts.hpp"

#include <skein/bytes.hpp>
#include <skein/headers.hpp>
#include <skein/http_version.hpp>

#include <llhttp.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace skein::http1 {

/// What a peer may send at most. Lines are counted raw, with CRLF and every blank.
struct parser_limits {
    std::size_t max_status_line_bytes = 8 * 1024;
    std::size_t max_field_line_bytes = 64 * 1024;
    std::size_t max_head_bytes = 128 * 1024;  ///< all heads of one response together, the interim ones too
    std::size_t max_headers = 512;            ///< fields of one message, trailers included
    std::size_t max_interims = 64;            ///< 1xx responses before the final one
    std::size_t max_chunk_extension_bytes = 16 * 1024;  ///< of one response
    std::size_t max_trailer_bytes = 16 * 1024;
};

/// The head of a response.
struct response_head {
    int status = 0;
    http_version version = http_version::http_1_1;
    headers fields = {};
    std::string reason = {};  ///< as it came; often empty
};

/// A response but for its body: where a parser puts what it finds.
struct message {
    response_head head = {};
    headers trailers = {};
};

/// What the parser found next.
enum class event : std::uint8_t {
    need_data,  ///< all input is used up
    interim,    ///< head() is a 1xx response other than a 101 that was asked for; the final one will follow
    head,       ///< head() is the final response; take_head() takes it
    body,       ///< piece() is the next part of the body
    end,        ///< the response is complete; what is left of the input is not part of it
    failed,     ///< why() says it; nothing more will come
};

/// How the input ended.
enum class ending : std::uint8_t {
    orderly,  ///< FIN; under TLS, a close_notify before it
    reset,    ///< anything else
};

/// Parses the responses on one connection, one exchange after the other: begin(), then next() with what
/// arrived until it says end or failed. The events, and the verdict, do not depend on how the input was cut.
///
/// *Lifetime:* lives as long as the connection; pinned. In steady state an exchange allocates only what the
/// head needs. Throws nothing but std::bad_alloc.
class parser {
public:
    parser() noexcept : parser(default_limits) {}
    /// The limits outlive the parser.
    explicit parser(const parser_limits& limits) noexcept : limits_(limits) {}
    explicit parser(const parser_limits&&) = delete;
    parser(const parser&) = delete;
    parser& operator=(const parser&) = delete;

    /// Gets ready for the response to a request of that kind, which goes to `into`. That must be there, and
    /// nobody else's to change, until the exchange is over.
    void begin(request_kind kind, message& into);

    /// The next event. Takes what belongs to it from the front of `in`. After need_data, call again when more
    /// has come; after every other event but end and failed, call again at once, even if `in` is empty.
    event next(byte_view& in);

    /// Tells that the input has ended: end if that completes the response (or it was complete), else failed.
    /// Call it after next() has used up all input.
    event finish(ending how);

    /// The head of the last event interim or head, in the message; that of an interim response only until
    /// the next call of next().
    const response_head& head() const noexcept { return message_->head; }
    /// The part of the body that the last event brought: a view into its input.
    byte_view piece() const noexcept { return piece_; }
    /// Whether with that part the body has all its bytes.
    bool is_whole() const noexcept { return state_ == state::ending; }

    /// After failed: what was wrong.
    const failure& why() const noexcept { return why_ ? *why_ : no_failure; }
    /// Moves it out; null if there is none.
    std::unique_ptr<const failure> take_why() noexcept { return std::move(why_); }

    /// After end: whether the connection may serve another exchange, for all that this response tells
    /// (RFC 9112, section 9.3). False before.
    bool reusable() const noexcept;
    /// After end: whether bytes followed that belong to no response.
    bool surplus() const noexcept { return surplus_; }
    /// After head: whether HTTP ends here, and what follows belongs to the tunnel (CONNECT 2xx, 101).
    bool tunnel() const noexcept { return tunnel_; }

    /// After head: how the body is framed.
    http1::framing framing() const noexcept { return framing_; }
    /// After head: the value of Content-Length, where there is one; no body need follow.
    std::optional<std::uint64_t> content_length() const noexcept { return facts_.content_length; }
    /// After head: whether there is a Content-Encoding.
    bool has_content_encoding() const noexcept { return facts_.content_encoding; }
    /// After head: whether there is a Set-Cookie.
    bool has_set_cookie() const noexcept { return facts_.set_cookie; }
    /// After head: whether the end of the connection ends the body.
    bool body_until_close() const noexcept { return framing_ == http1::framing::until_close; }
    /// After head: how long the server means to keep the connection, if it said (Keep-Alive: timeout=N).
    std::optional<std::chrono::seconds> keep_alive_timeout() const noexcept {
        return facts_.keep_alive_timeout;
    }

    /// Bytes of all heads of this exchange so far; 0 until its first byte has come.
    std::uint64_t head_bytes() const noexcept { return head_bytes_; }
    /// Bytes of the body so far, without its framing.
    std::uint64_t body_bytes() const noexcept { return body_bytes_; }

private:
    // begin()
    //   |
    //   v                   ,----------- interim_over <--- 1xx
    //  head <---------------'
    //   |  \________________________________________________.
    //   |                \                 \                 \ (no body)
    //   v                 v                 v                 |
    //  chunk_line <--.   counted_body    endless_body         |
    //   |   \        |    |                 |                 |
    //   |    chunk_data   |                 | finish()        |
    //   v                 v                 v                 v
    //  trailers ------> ending ---end---> done            (ending)      anywhere: failed
    enum class state : std::uint8_t {
        idle,
        head,
        interim_over,
        counted_body,
        endless_body,
        chunk_line,
        chunk_data,
        trailers,
        ending,
        done,
        failed,
    };
    enum class lines : std::uint8_t { more, complete, failed };

    void start_message();
    void start_section(std::size_t limit_bytes) noexcept;

    // Lines of a head or of trailers (parser_lines.cpp).
    lines read_lines(byte_view& in);
    bool begin_line(const char*& fed, const char* next, const char* end);
    bool line_over_limit(bool section);
    bool feed_rest(const char* fed, const char* end);
    bool take_line(std::string_view line);
    bool take_status_line(std::string_view line);
    bool take_field(std::string_view line);
    bool take_fold(std::string_view line);
    bool feed(const char* from, const char* to);
    std::size_t line_limit() const noexcept;

    // Messages and bodies (parser.cpp).
    event read_head(byte_view& in);
    event head_complete();
    event interim_complete();
    event read_trailers(byte_view& in);
    event read_body(byte_view& in);
    event read_chunks(byte_view& in);
    bool read_chunk_line(byte_view& in);
    bool chunk_line_complete();
    void start_chunk_line(bool first) noexcept;
    void count_size_digits(std::string_view piece) noexcept;
    std::string position() const;
    bool execute(const char* data, std::size_t size);
    bool violate(std::string_view rule);
    bool violate(std::string_view rule, std::string_view bytes);
    bool over_limit(std::string_view what, std::size_t limit, std::string_view unit);
    event fail(failure_kind kind);
    bool in_head() const noexcept { return state_ == state::head; }
    int status() const noexcept { return message_->head.status; }

    static const llhttp_settings_t settings;
    static const parser_limits default_limits;
    failure& failing();
    static parser& of(llhttp_t* l) noexcept { return *static_cast<parser*>(l->data); }

    const parser_limits& limits_;
    llhttp_t llhttp_;
    state state_ = state::idle;
    request_kind kind_ = request_kind::ordinary;
    http1::framing framing_ = http1::framing::none;
    bool tunnel_ = false;
    bool surplus_ = false;
    bool input_ended_ = false;

    // What llhttp has told of the message.
    bool llhttp_head_ = false;
    bool llhttp_complete_ = false;
    bool llhttp_chunk_ = false;
    std::uint64_t llhttp_body_bytes_ = 0;  // of the last execute
    std::uint64_t llhttp_chunk_size_ = 0;

    // Lines.
    std::string carry_;              // the beginning of a line whose end has not come
    std::size_t section_left_ = 0;   // raw bytes that the head or the trailers may still have
    std::size_t arrived_bytes_ = 0;  // at once: what a small head fits into
    std::uint32_t fields_ = 0;       // of this message
    std::uint8_t held_bytes_ = 0;    // of CRLF, which llhttp gets when it is sure that no fold follows
    bool first_line_ = false;        // the next line is a status line
    bool may_fold_ = false;          // the line before is a field of a head
    message_facts::field last_field_ = message_facts::field::other;

    // The message.
    message* message_ = nullptr;  // the caller's
    message_facts facts_;
    std::uint64_t head_bytes_ = 0;
    std::uint64_t body_bytes_ = 0;
    std::uint64_t left_ = 0;  // of a counted body or of a chunk

    // The chunk line.
    std::size_t chunk_line_bytes_ = 0;  // raw, with the CRLF of the chunk before
    std::size_t size_digits_ = 0;       // hex digits at its start, zeros included
    std::size_t extension_bytes_ = 0;   // of all chunks; max_chunk_extension_bytes
    std::uint64_t overhead_bytes_ = 0;  // the same and padding
    std::uint8_t chunk_line_lead_ = 0;  // 2 if there was a chunk before, for its CRLF
    bool in_size_ = false;
    std::uint32_t interims_ = 0;  // of this exchange

    byte_view piece_;
    std::unique_ptr<failure> why_;  // null: none
};

}  // namespace skein::http1
