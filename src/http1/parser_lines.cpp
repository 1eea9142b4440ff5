// The head and the trailers, line by line. Every byte goes to llhttp, which checks the syntax; this file
// counts raw bytes, undoes folding before llhttp can see it, and stores the fields, which lie in one piece in
// the input or in carry_. A rule is applied to a whole line or at a byte offset, never to what happened to
// arrive together, so the verdict cannot depend on it; and llhttp is fed up to that place first, so that an
// earlier error of syntax always wins.
#include "http/field_grammar.hpp"
#include "http/headers_writer.hpp"
#include "http1/parser.hpp"

#include <algorithm>
#include <cstring>

namespace skein::http1 {

void parser::start_section(std::size_t limit_bytes) noexcept {
    section_left_ = limit_bytes;
    carry_.clear();
    held_bytes_ = 0;
    may_fold_ = false;
}

// ": Set-Cookie", of a line that is too long; nothing if not even its name is short.
static std::string name_in(std::string_view carried, std::string_view rest) {
    constexpr std::size_t worth_showing_bytes = 64;
    std::string line(carried.substr(0, worth_showing_bytes));
    line += rest.substr(0, worth_showing_bytes - line.size());
    const auto colon = line.find(':');
    return colon == line.npos ? std::string() : ": " + http::escaped(line.substr(0, colon));
}

inline std::size_t parser::line_limit() const noexcept {
    return first_line_ ? limits_.max_status_line_bytes : limits_.max_field_line_bytes;
}

// A whole line, with its LF.
// It runs eight times a response, and is small: worth being part of the loop, on both compilers.
[[gnu::always_inline]] inline bool parser::take_line(std::string_view line) {
    if (line.size() < 2 || line[line.size() - 2] != '\r') return violate("a line must end with CR LF", line);
    line.remove_suffix(2);
    if (first_line_) return take_status_line(line);
    if (line.empty()) return true;
    return http::is_blank(line.front()) ? take_fold(line) : take_field(line);
}

// "HTTP/1.1 200 OK"; llhttp would take HTTP/0.9 and 2.0, status 000, CR and NUL in the reason.
bool parser::take_status_line(std::string_view line) {
    first_line_ = false;
    const auto digit = [&](std::size_t i) { return line[i] - '0'; };
    const bool shaped = line.size() >= 12 && line.substr(0, 7) == "HTTP/1." &&
                        (line[7] == '0' || line[7] == '1') && line[8] == ' ' &&
                        (line.size() == 12 || line[12] == ' ');
    if (!shaped) return violate("not a status line of HTTP/1.0 or 1.1", line);
    response_head& head = message_->head;
    head.version = line[7] == '1' ? http_version::http_1_1 : http_version::http_1_0;
    head.status = digit(9) * 100 + digit(10) * 10 + digit(11);  // llhttp checks that they are digits
    if (head.status < 100) return violate("a status code below 100", line);
    const std::string_view reason = line.substr(std::min<std::size_t>(line.size(), 13));
    if (http::find_bad_value_byte(reason) != reason.npos)
        return violate("control byte in the reason phrase", line);
    head.reason.assign(reason);
    return true;
}

[[gnu::always_inline]] inline bool parser::take_field(std::string_view line) {
    const void* const colon = std::memchr(line.data(), ':', line.size());
    if (colon == nullptr) return violate("field line without a colon", line);
    const auto name_size = static_cast<std::size_t>(static_cast<const char*>(colon) - line.data());
    std::string_view value(line.data() + name_size + 1, line.size() - name_size - 1);
    value = http::trim_blanks(value);
    if (++fields_ > limits_.max_headers) return over_limit("message", limits_.max_headers, "fields");
    const detail::headers_writer writer{in_head() ? message_->head.fields : message_->trailers,
                                        arrived_bytes_};
    writer.append(line, name_size, value);
    may_fold_ = in_head();
    last_field_ = message_facts::classify(line.substr(0, name_size));
    if (last_field_ == message_facts::field::other || !in_head()) [[likely]]
        return true;
    // Judged as it stands, though a fold may follow: that would be an error anyway.
    const char* const violation = facts_.add(last_field_, value);
    return violation == nullptr || violate(violation, line);
}

// A line that continues the field before it (RFC 9112, section 5.2).
bool parser::take_fold(std::string_view line) {
    if (!may_fold_) return violate("white space at the start of a line that continues no field", line);
    if (message_facts::frames(last_field_))
        return violate("a folded Content-Length, Transfer-Encoding, Connection or Upgrade", line);
    const std::string_view more = http::trim_blanks(line);
    if (more.empty()) return true;
    const detail::headers_writer writer{message_->head.fields};
    if (!writer.last_value().empty()) writer.extend_last(" ");
    writer.extend_last(more);
    return true;
}

parser::lines parser::read_lines(byte_view& in) {
    const char* const begin = reinterpret_cast<const char*>(in.data());
    const char* const end = begin + in.size();
    const char* const section_end = begin + std::min(in.size(), section_left_);
    arrived_bytes_ = in.size();
    const char* fed = begin;   // llhttp has had, or shall not have, what lies before
    const char* next = begin;  // the current line goes on here
    const auto used_up_to = [&](const char* p, lines result) {
        const auto used = static_cast<std::size_t>(p - begin);
        section_left_ -= used;
        if (in_head()) head_bytes_ += used;
        in = in.subspan(used);
        return result;
    };
    while (next != end) {
        const std::size_t carried = carry_.size();
        if (carried == 0 && (first_line_ || http::is_blank(*next)) && !begin_line(fed, next, end))
            return used_up_to(next, lines::failed);
        const auto section_left = static_cast<std::size_t>(section_end - next);
        const std::size_t line_left = line_limit() - carried;
        const std::size_t window = std::min(section_left, line_left);
        const char* const lf = static_cast<const char*>(std::memchr(next, '\n', window));
        if (lf == nullptr) {
            const char* const stop = next + window;
            if (stop != end) {
                if (feed(fed, stop)) {
                    const bool section = section_left < line_left;
                    line_over_limit(section);
                    if (!section && !first_line_) failing().message += name_in(carry_, {next, stop});
                }
                return used_up_to(stop, lines::failed);
            }
            carry_.append(next, end);
            break;
        }
        std::string_view line(next, static_cast<std::size_t>(lf + 1 - next));
        if (carried != 0) [[unlikely]]
            line = carry_.append(line);
        next = lf + 1;
        const bool good = take_line(line);
        if (carried != 0) [[unlikely]]
            carry_.clear();
        if (!good || line.size() == 2) {
            // On failure too: an error that llhttp finds earlier in these bytes is the one to report.
            const bool fine = feed(fed, next) && good;
            return used_up_to(next, fine ? lines::complete : lines::failed);
        }
    }
    return used_up_to(end, feed_rest(fed, end) ? lines::more : lines::failed);
}

// What the first byte of a line, at `next`, tells.
bool parser::begin_line(const char*& fed, const char* next, const char* end) {
    if (first_line_ && *next != 'H') {  // llhttp would skip any number of CR and LF here
        const std::string_view rest(next, static_cast<std::size_t>(end - next));
        return violate("a response must begin with HTTP/", rest.substr(0, 16));
    }
    if (first_line_ || !may_fold_) return true;
    // obs-fold: llhttp does not get the CRLF, which was kept from it, and sees one line.
    if (next - fed < 2) {
        held_bytes_ = 0;
    } else if (!feed(fed, next - 2)) {
        return false;
    }
    fed = next;
    return true;
}

bool parser::line_over_limit(bool section) {
    if (!section) return over_limit(first_line_ ? "status line" : "field line", line_limit(), "bytes");
    return in_head() ? over_limit("head", limits_.max_head_bytes, "bytes")
                     : over_limit("trailers", limits_.max_trailer_bytes, "bytes");
}

// The end of the input, with a line or the head not complete. A CR or CRLF that could turn out to be a fold
// is held back: llhttp could not take it back.
bool parser::feed_rest(const char* fed, const char* end) {
    const std::ptrdiff_t unfed = end - fed;
    if (unfed == 0) return true;
    if (!in_head()) return feed(fed, end);
    if (carry_.empty() && may_fold_) {
        if (unfed >= 2 && !feed(fed, end - 2)) return false;
        held_bytes_ = 2;
        return true;
    }
    if (!carry_.empty() && end[-1] == '\r') {
        if (!feed(fed, end - 1)) return false;
        held_bytes_ = 1;
        return true;
    }
    return feed(fed, end);
}

// Gives llhttp what was held back, then [from, to).
bool parser::feed(const char* from, const char* to) {
    if (held_bytes_ != 0) {
        const std::size_t held = std::exchange(held_bytes_, std::uint8_t{0});
        if (!execute("\r\n", held)) return false;
    }
    return from >= to || execute(from, static_cast<std::size_t>(to - from));
}

}  // namespace skein::http1
