// Messages and bodies: what follows what, and where it ends. llhttp gets its bytes in portions that end at
// known places, and its opinion must be the same as ours at each of them; where it is not, the response has
// failed. Numbers in brackets are the sections of RFC 9112.
#include "http1/parser.hpp"

#include "http/field_grammar.hpp"

#include <algorithm>
#include <bit>
#include <limits>

namespace skein::http1 {

namespace {

constexpr std::size_t kept_carry_bytes = 4096;  // of the buffer for lines that come in pieces, between uses
constexpr std::size_t max_size_digits = 16;     // of a chunk size that fits 64 bits

constexpr bool is_hex_digit(char c) noexcept {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

constexpr std::size_t hex_digits_of(std::uint64_t value) noexcept {
    return value == 0 ? 1 : (static_cast<std::size_t>(std::bit_width(value)) + 3) / 4;
}

}  // namespace

// Each callback only takes note; it pauses where llhttp's work on a portion is to end. Rules are applied
// outside. on_headers_complete must not pause: it could not skip the body then.
constinit const llhttp_settings_t parser::settings = [] {
    llhttp_settings_t s{};
    s.on_headers_complete = [](llhttp_t* l) -> int {
        of(l).llhttp_head_ = true;
        return is_bodiless(of(l).kind_, of(l).status()) ? 1 : 0;
    };
    s.on_body = [](llhttp_t* l, const char*, std::size_t size) -> int {
        of(l).llhttp_body_bytes_ += size;
        return 0;
    };
    s.on_chunk_header = [](llhttp_t* l) -> int {
        of(l).llhttp_chunk_ = true;
        of(l).llhttp_chunk_size_ = l->content_length;
        return HPE_PAUSED;
    };
    s.on_message_complete = [](llhttp_t* l) -> int {
        of(l).llhttp_complete_ = true;
        return HPE_PAUSED;
    };
    return s;
}();

constinit const parser_limits parser::default_limits;

void parser::begin(request_kind kind, message& into) {
    message_ = &into;
    kind_ = kind;
    surplus_ = false;
    input_ended_ = false;
    interims_ = 0;
    head_bytes_ = 0;
    body_bytes_ = 0;
    why_.reset();
    if (carry_.capacity() > kept_carry_bytes) carry_ = {};
    start_section(limits_.max_head_bytes);
    start_message();
}

// A fresh llhttp for every message, interim ones too: one with "Connection: close" would close it for good.
void parser::start_message() {
    llhttp_init(&llhttp_, HTTP_RESPONSE, &settings);
    llhttp_.data = this;
    llhttp_head_ = false;
    llhttp_complete_ = false;
    llhttp_chunk_ = false;
    start_section(section_left_);  // what the heads before have left
    first_line_ = true;
    fields_ = 0;
    facts_ = {};
    message_->head.fields.clear();
    message_->trailers.clear();
    framing_ = http1::framing::none;
    tunnel_ = false;
    state_ = state::head;
}

event parser::next(byte_view& in) {
    switch (state_) {
        case state::interim_over:
            start_message();
            return read_head(in);
        case state::head:
            return read_head(in);
        case state::counted_body:
        case state::endless_body:
            return read_body(in);
        case state::chunk_line:
        case state::chunk_data:
            return read_chunks(in);
        case state::trailers:
            return read_trailers(in);
        case state::ending:
            state_ = state::done;
            [[fallthrough]];
        case state::done:
            surplus_ = surplus_ || (!in.empty() && !tunnel_);
            return event::end;
        case state::idle:
        case state::failed:
            break;
    }
    return event::failed;
}

event parser::read_head(byte_view& in) {
    switch (read_lines(in)) {
        case lines::more:
            if (!llhttp_head_) return event::need_data;
            break;
        case lines::complete:
            if (llhttp_head_ && status() == llhttp_get_status_code(&llhttp_)) return head_complete();
            break;
        case lines::failed:
            return fail(failure_kind::protocol);
    }
    violate("two parsers do not agree where the head ends");
    return fail(failure_kind::protocol);
}

event parser::head_complete() {
    const bool final = status() >= 200 || (status() == 101 && kind_ == request_kind::upgrade);
    if (!final && status() != 101) return interim_complete();
    const auto verdict = facts_.decide(kind_, status(), head().version);
    if (verdict.violation != nullptr) {
        violate(verdict.violation);
        return fail(failure_kind::protocol);
    }
    framing_ = verdict.framing;
    tunnel_ = verdict.tunnel;
    left_ = framing_ == framing::length ? *facts_.content_length : 0;
    const bool over = framing_ == framing::none || (framing_ == framing::length && left_ == 0);
    const bool chunked = framing_ == framing::chunked;
    if (over != llhttp_complete_ || (!over && chunked != ((llhttp_.flags & F_CHUNKED) != 0)) ||
        (!over && body_until_close() != (llhttp_message_needs_eof(&llhttp_) != 0))) {
        violate("two parsers do not agree how long the body is");
        return fail(failure_kind::protocol);
    }
    if (over) {
        state_ = state::ending;
    } else if (chunked) {
        state_ = state::chunk_line;
        extension_bytes_ = 0;
        overhead_bytes_ = 0;
        start_chunk_line(true);
    } else {
        state_ = body_until_close() ? state::endless_body : state::counted_body;
    }
    return event::head;
}

event parser::interim_complete() {
    if (!llhttp_complete_) {
        violate("two parsers do not agree that an interim response has no body");
        return fail(failure_kind::protocol);
    }
    if (++interims_ > limits_.max_interims) {
        over_limit("exchange", limits_.max_interims, "interim responses");
        return fail(failure_kind::protocol);
    }
    state_ = state::interim_over;
    return event::interim;
}

event parser::read_trailers(byte_view& in) {
    const lines result = read_lines(in);
    if (result == lines::failed) return fail(failure_kind::payload);
    if ((result == lines::complete) != llhttp_complete_) {
        violate("two parsers do not agree where the trailers end");
        return fail(failure_kind::payload);
    }
    if (result == lines::more) return event::need_data;
    state_ = state::ending;
    return next(in);
}

// A counted body, the data of a chunk, or a body that the end of the connection will end: one slice.
event parser::read_body(byte_view& in) {
    if (in.empty()) return event::need_data;
    const bool endless = state_ == state::endless_body;
    const std::size_t size =
        endless ? in.size() : static_cast<std::size_t>(std::min<std::uint64_t>(in.size(), left_));
    piece_ = in.first(size);
    in = in.subspan(size);
    llhttp_body_bytes_ = 0;
    if (!execute(reinterpret_cast<const char*>(piece_.data()), size)) return fail(failure_kind::payload);
    if (!endless) left_ -= size;
    const bool over = left_ == 0 && state_ == state::counted_body;
    if (llhttp_body_bytes_ != size || llhttp_complete_ != over) {
        violate("two parsers do not agree where the body ends");
        return fail(failure_kind::payload);
    }
    body_bytes_ += size;
    if (over) {
        state_ = state::ending;
    } else if (left_ == 0 && state_ == state::chunk_data) {
        state_ = state::chunk_line;
        start_chunk_line(false);
    }
    return event::body;
}

event parser::read_chunks(byte_view& in) {
    if (state_ == state::chunk_line) {
        if (!read_chunk_line(in)) return fail(failure_kind::payload);
        if (state_ == state::chunk_line) return event::need_data;
        if (state_ == state::trailers) return read_trailers(in);
    }
    return read_body(in);
}

void parser::start_chunk_line(bool first) noexcept {
    chunk_line_bytes_ = 0;
    chunk_line_lead_ = first ? 0 : 2;
    size_digits_ = 0;
    in_size_ = true;
}

// [7.1] The CRLF of the chunk before, and a chunk size with extensions. llhttp pauses behind it. What the
// line may be long is known before it is read, so that an endless one is cut at the same byte however it
// came.
bool parser::read_chunk_line(byte_view& in) {
    const std::size_t allowed = chunk_line_lead_ + max_size_digits + 2 + limits_.max_chunk_extension_bytes -
                                extension_bytes_ - chunk_line_bytes_;
    const std::size_t size = std::min(in.size(), allowed);
    const char* const data = reinterpret_cast<const char*>(in.data());
    if (size != 0 && !execute(data, size)) return false;
    const bool whole = std::exchange(llhttp_chunk_, false);
    const auto taken = whole ? static_cast<std::size_t>(llhttp_get_error_pos(&llhttp_) - data) : size;
    count_size_digits({data, taken});
    chunk_line_bytes_ += taken;
    in = in.subspan(taken);
    if (whole) {
        llhttp_resume(&llhttp_);
        return chunk_line_complete();
    }
    return in.empty() || over_limit("chunk extensions", limits_.max_chunk_extension_bytes, "bytes");
}

// Zeros before a chunk size are padding, which some servers write, as long as the size has no more digits
// than it needs for 64 bits; zeros beyond that count as extensions do. Chunks that are mostly overhead are
// bounded by what they carry.
bool parser::chunk_line_complete() {
    const std::uint64_t size = llhttp_chunk_size_;
    if (size > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
        return violate("a chunk size above 2^63-1");
    const std::size_t needed = chunk_line_lead_ + hex_digits_of(size) + 2;
    if (chunk_line_bytes_ < needed || size_digits_ < hex_digits_of(size))
        return violate("two parsers do not agree on a chunk size");
    const std::size_t overhead = chunk_line_bytes_ - needed;
    const std::size_t padding = size_digits_ <= max_size_digits ? size_digits_ - hex_digits_of(size) : 0;
    extension_bytes_ += overhead - padding;
    if (extension_bytes_ > limits_.max_chunk_extension_bytes)
        return over_limit("chunk extensions", limits_.max_chunk_extension_bytes, "bytes");
    overhead_bytes_ += overhead;
    if (overhead_bytes_ > 8 * body_bytes_ + limits_.max_chunk_extension_bytes)
        return violate("more than 8 bytes of chunk overhead for a byte of body");
    left_ = size;
    if (size != 0) {
        state_ = state::chunk_data;
    } else {
        state_ = state::trailers;
        start_section(limits_.max_trailer_bytes);
    }
    return true;
}

void parser::count_size_digits(std::string_view piece) noexcept {
    if (chunk_line_bytes_ < chunk_line_lead_)
        piece.remove_prefix(std::min(piece.size(), chunk_line_lead_ - chunk_line_bytes_));
    for (std::size_t i = 0; in_size_ && i < piece.size(); ++i) {
        in_size_ = is_hex_digit(piece[i]);
        if (in_size_) ++size_digits_;
    }
}

// llhttp_finish() alone does not decide: it is content before the first byte, after an interim response, and
// whenever llhttp is paused.
event parser::finish(ending how) {
    input_ended_ = true;
    switch (state_) {
        case state::ending:
        case state::done:
            state_ = state::done;
            return event::end;
        case state::endless_body:
            if (how == ending::orderly) {
                llhttp_finish(&llhttp_);
                if (llhttp_complete_) {
                    state_ = state::done;
                    return event::end;
                }
            }
            break;
        case state::failed:
            return event::failed;
        default:
            break;
    }
    failing().message = (how == ending::reset ? "connection reset " : "connection closed ") + position();
    const bool before_head = state_ <= state::interim_over;
    return fail(before_head ? failure_kind::disconnected : failure_kind::payload);
}

std::string parser::position() const {
    const std::string bytes = std::to_string(body_bytes_);
    switch (state_) {
        case state::counted_body:
            return "after " + bytes + " of " + std::to_string(facts_.content_length.value_or(0)) +
                   " bytes of body (Content-Length)";
        case state::endless_body:
            return "after " + bytes + " bytes of body (without a length)";
        case state::chunk_line:
        case state::chunk_data:
        case state::trailers:
            return "after " + bytes + " bytes of body, before its last chunk was complete";
        default:
            if (head_bytes_ == 0) return "before the first byte of a response";
            return "before the head of the response was complete, after " + std::to_string(head_bytes_) +
                   " bytes";
    }
}

bool parser::reusable() const noexcept {
    // A body without a length is done only when the input has ended.
    return state_ == state::done && !surplus_ && !input_ended_ && !tunnel_ &&
           facts_.persistent(status(), head().version);
}

// Gives llhttp bytes, all of which it must take unless it pauses at the end of a chunk line.
bool parser::execute(const char* data, std::size_t size) {
    const llhttp_errno_t error = llhttp_execute(&llhttp_, data, size);
    if (error == HPE_OK) return true;
    const char* const at = llhttp_get_error_pos(&llhttp_);
    if (error == HPE_PAUSED && (llhttp_chunk_ || (llhttp_complete_ && at == data + size))) return true;
    const char* const reason = llhttp_get_error_reason(&llhttp_);
    const std::string_view bytes(data, size);
    const auto offset = at >= data && at <= data + size ? static_cast<std::size_t>(at - data) : 0;
    violate(reason != nullptr && *reason != '\0' ? reason : llhttp_errno_name(error),
            bytes.substr(offset < 32 ? 0 : offset - 32, 64));
    return false;
}

failure& parser::failing() {
    if (!why_) why_ = std::make_unique<failure>();
    return *why_;
}

bool parser::violate(std::string_view rule) {
    failing().message = rule;
    return false;
}

bool parser::violate(std::string_view rule, std::string_view bytes) {
    failing().message = std::string(rule) + ": \"" + http::escaped(bytes) + '"';
    return false;
}

bool parser::over_limit(std::string_view what, std::size_t limit, std::string_view unit) {
    std::string& message = failing().message;
    message = what;
    message += " of more than " + std::to_string(limit) + ' ';
    message += unit;
    return false;
}

event parser::fail(failure_kind kind) {
    failure& why = failing();
    why.kind = kind;
    why.received_bytes = body_bytes_;
    why.framing = kind == failure_kind::payload ? framing_ : framing::none;
    if (why.framing == framing::length) why.expected_bytes = facts_.content_length;
    // Nothing of what was not accepted is seen.
    if (in_head() || state_ == state::interim_over) message_->head.fields.clear();
    message_->trailers.clear();
    state_ = state::failed;
    return event::failed;
}

}  // namespace skein::http1
