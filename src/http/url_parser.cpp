// Owns the structure of a URL: where its components begin and end, and how a reference meets its base.
#include "http/url_parser.hpp"

#include "http/bytes.hpp"
#include "http/host.hpp"

#include <algorithm>
#include <iterator>

namespace skein::detail {

using namespace skein::http;

namespace {

constexpr std::uint16_t default_port(std::string_view scheme) noexcept {
    return scheme.size() % 2 == 0 ? 80 : 443;  // http and ws, or https and wss
}

// One class as a predicate: the algorithms of the standard library unroll over it.
template <byte_class Class>
constexpr auto is = [](char c) { return is_any(c, Class); };

constexpr bool is_slash(char c) noexcept {
    return c == '/' || c == '\\';
}
constexpr bool ends_path(char c) noexcept {
    return c == '?' || c == '#';
}
constexpr bool ends_authority(char c) noexcept {
    return is_slash(c) || ends_path(c);
}

constexpr bool is_scheme_byte(char c) noexcept {
    return is_lower(to_lower(c)) || is_digit(c) || c == '+' || c == '-' || c == '.';
}

// How many dots a segment consists of, where "%2e" is one too; 0 if it has anything else or more than two.
int count_dots(std::string_view segment) noexcept {
    int dots = 0;
    while (!segment.empty()) {
        if (segment[0] == '.') {
            segment.remove_prefix(1);
        } else if (segment.starts_with("%2e") || segment.starts_with("%2E")) {
            segment.remove_prefix(3);
        } else {
            return 0;
        }
        if (++dots > 2) return 0;
    }
    return dots;
}

std::string_view view(const char* begin, const char* end) noexcept {
    return {begin, static_cast<std::size_t>(end - begin)};
}

// A label that is its own normal form and none of idna's business.
bool is_normal_label(std::string_view label) noexcept {
    const bool may_be_punycode = label.size() > 2 && label[0] == 'x' && label[2] == '-';
    return !label.empty() && label.size() <= max_label_bytes && !may_be_punycode;
}

}  // namespace

bool url_parser::fail(std::string_view what, const char* where) {
    fault_.what = what;
    fault_.at = static_cast<std::size_t>(where - text_.data());
    return false;
}

bool url_parser::run(std::string_view text) {
    text_ = text;
    if (text.size() > url::max_bytes) return fail("is longer than 64 KiB", text.data() + url::max_bytes);
    if (take_normal(text)) return true;
    p_ = text.data();
    end_ = p_ + text.size();
    while (p_ != end_ && *p_ == ' ') ++p_;
    while (p_ != end_ && end_[-1] == ' ') --end_;
    if (!build()) return false;
    if (out_.text_.size() > url::max_bytes) return fail("is longer than 64 KiB when percent-encoded", end_);
    return true;
}

// ---- texts in normal form: offsets only, one copy ----

// The usual case. False if the text is not known to be its own normal form; that alone is no fault.
bool url_parser::take_normal(std::string_view text) {
    if (!text.starts_with("http")) return false;
    const std::size_t scheme_end = text.starts_with("https") ? 5 : 4;
    if (!text.substr(scheme_end).starts_with("://")) return false;
    const char* const begin = text.data();
    const char* const end = begin + text.size();
    const auto offset = [begin](const char* p) { return static_cast<std::uint32_t>(p - begin); };
    scheme_ = text.substr(0, scheme_end);

    url_layout& at = out_.at_;
    at.scheme_end = offset(begin + scheme_end);
    at.user_end = at.host_begin = at.scheme_end + 3;
    const char* p = skip_normal_host(begin + at.host_begin, end);
    if (!p) return false;
    at.host_end = offset(p);
    p = read_normal_port(p, end);
    if (!p) return false;
    at.path_begin = offset(p);
    if (p == end) return take_with_root_path(text);
    if (*p != '/') return false;
    p = skip_normal_path(p, end);
    at.query_begin = offset(p);
    if (p != end && *p == '?') p = std::find_if(p + 1, end, is<escape_query>);
    at.fragment_begin = offset(p);
    if (p != end && *p == '#') p = std::find_if(p + 1, end, is<escape_fragment>);
    if (p != end) return false;
    out_.text_.assign(text);
    return true;
}

// "http://host": all that is missing is the slash. Hosts are short, so no limit is near.
bool url_parser::take_with_root_path(std::string_view text) {
    out_.text_.reserve(text.size() + 1);
    out_.text_.assign(text) += '/';
    out_.at_.query_begin = out_.at_.fragment_begin = here();
    return true;
}

// The end of a host in normal form, or null.
const char* url_parser::skip_normal_host(const char* p, const char* end) {
    if (p != end && is_digit(*p)) {  // perhaps an address: then that is all there is to check
        const char* const after = skip_dotted_decimal(p, end);
        if (after != nullptr && (after == end || *after == ':' || *after == '/')) return after;
    }
    const char* const host = p;
    const char* label = p;
    for (;; label = ++p) {
        p = std::find_if_not(p, end, is<host_plain>);
        if (!is_normal_label(view(label, p))) return nullptr;
        if (p == end || *p != '.') break;
    }
    if (p - host > static_cast<std::ptrdiff_t>(max_host_bytes)) return nullptr;
    if (is_digit(*label)) return nullptr;  // browsers read it as an address, and it is none in normal form
    return p;
}

// The end of a port in normal form, which may be none at all, or null.
const char* url_parser::read_normal_port(const char* p, const char* end) {
    const std::uint16_t own = default_port(scheme_);
    out_.at_.port = own;
    if (p == end || *p != ':') return p;
    const char* const digits = ++p;
    unsigned port = 0;
    while (p != end && is_digit(*p) && p - digits < 6) port = port * 10 + static_cast<unsigned>(*p++ - '0');
    if (p == digits || *digits == '0' || port > 65535 || port == own) return nullptr;
    out_.at_.port = static_cast<std::uint16_t>(port);
    return p;
}

// Stops at what is not normal in a path, a dot segment (all begin so) included.
const char* url_parser::skip_normal_path(const char* p, const char* end) {
    while (p != end && *p == '/') {
        if (p + 1 != end && (p[1] == '.' || p[1] == '%')) break;
        p = std::find_if(p + 1, end, is<path_syntax>);
    }
    return p;
}

// ---- all other texts: the normal form is built up ----

bool url_parser::append(std::string_view part, int classes) {
    const auto bad = append_escaped(out_.text_, part, classes);
    return !bad || fail("contains a tab or a line break", part.data() + *bad);
}

url_parser::scheme_kind url_parser::read_scheme() {
    const char* p = p_;
    if (p == end_ || !is_lower(to_lower(*p))) return scheme_kind::none;
    while (p != end_ && is_scheme_byte(*p)) ++p;
    if (p == end_ || *p != ':') return scheme_kind::none;
    const std::string_view found = view(p_, p);
    p_ = p + 1;
    for (const std::string_view known : {"http", "https", "ws", "wss"}) {
        if (std::equal(found.begin(), found.end(), known.begin(), known.end(),
                       [](char a, char b) { return to_lower(a) == b; })) {
            scheme_ = known;
            return scheme_kind::known;
        }
    }
    fault_.scheme = found;
    return scheme_kind::unsupported;
}

bool url_parser::build() {
    const char* const begin = p_;
    const scheme_kind kind = read_scheme();
    if (kind == scheme_kind::unsupported) {
        return fail("has a scheme that is not supported (only http, https, ws and wss are)", begin);
    }
    if (kind == scheme_kind::none) {
        if (!base_) return fail("has no scheme (it should begin with http:// or https://)", begin);
        scheme_ = base_->scheme();
    }
    const char* const slashes = p_;
    while (p_ != end_ && is_slash(*p_)) ++p_;
    if (base_ && scheme_ == base_->scheme() && p_ - slashes < 2) {
        p_ = slashes;
        return append_reference();
    }
    out_.text_.reserve(scheme_.size() + static_cast<std::size_t>(end_ - p_) + 4);  // "://" and a path
    out_.text_.assign(scheme_).append("://");
    out_.at_.scheme_end = static_cast<std::uint32_t>(scheme_.size());
    return append_authority() && append_path() && append_query_and_fragment();
}

bool url_parser::append_authority() {
    const char* const begin = p_;
    const char* at_sign = nullptr;  // the last one: those before it belong to the credentials
    for (; p_ != end_ && !ends_authority(*p_); ++p_) {
        if (*p_ == '@') at_sign = p_;
    }
    out_.at_.user_end = here();
    if (at_sign) {
        const std::string_view credentials = view(begin, at_sign);
        const std::size_t colon = credentials.find(':');
        if (!append(credentials.substr(0, colon), escape_user)) return false;
        out_.at_.user_end = here();
        if (colon < credentials.size() - 1) {  // there is a password; npos is not less
            out_.text_ += ':';
            if (!append(credentials.substr(colon + 1), escape_user)) return false;
        }
        if (here() > out_.at_.scheme_end + 3) out_.text_ += '@';
    }
    return append_host_and_port(view(at_sign ? at_sign + 1 : begin, p_));
}

bool url_parser::append_host_and_port(std::string_view text) {
    bool in_brackets = false;
    std::size_t colon = 0;
    for (; colon < text.size() && (in_brackets || text[colon] != ':'); ++colon) {
        if (text[colon] == '[') in_brackets = true;
        if (text[colon] == ']') in_brackets = false;
    }
    const std::string_view host = text.substr(0, colon);
    if (host.empty()) return fail("has no host", text.data());
    out_.at_.host_begin = here();
    if (const auto wrong = append_host(out_.text_, host); !wrong.empty()) return fail(wrong, host.data());
    out_.at_.host_end = here();
    out_.at_.port = default_port(scheme_);
    if (colon < text.size() && !read_port(text.substr(colon + 1))) return false;
    out_.at_.path_begin = here();
    return true;
}

bool url_parser::read_port(std::string_view digits) {
    unsigned port = 0;
    for (const char& c : digits) {
        if (!is_digit(c)) return fail("has a port that is no number", &c);
        port = port * 10 + static_cast<unsigned>(c - '0');
        if (port > 65535) return fail("has a port above 65535", digits.data());
    }
    if (digits.empty() || port == out_.at_.port) return true;
    out_.at_.port = static_cast<std::uint16_t>(port);
    out_.text_.append(":").append(std::to_string(port));
    return true;
}

// Begins with the first `end` bytes of the base, its authority at least.
void url_parser::copy_base(std::size_t end) {
    out_.text_.reserve(end + static_cast<std::size_t>(end_ - p_) + 2);
    out_.text_.assign(base_->text_, 0, end);
    out_.at_ = base_->at_;
}

// A reference without an authority of its own (RFC 3986 5.2.2).
bool url_parser::append_reference() {
    const url_layout& at = base_->at_;
    if (p_ == end_ || *p_ == '#') {
        copy_base(at.fragment_begin);
        out_.at_.fragment_begin = here();
        if (p_ == end_) return true;
        out_.text_ += '#';
        return append(view(p_ + 1, end_), escape_fragment);
    }
    if (*p_ == '?') {
        copy_base(at.query_begin);
        return append_query_and_fragment();
    }
    copy_base(is_slash(*p_) ? at.path_begin : base_->text_.rfind('/', at.query_begin - 1));
    return append_path() && append_query_and_fragment();
}

// Appends the segments of a path to those that are there already, and resolves "." and "..".
bool url_parser::append_path() {
    std::string& out = out_.text_;
    if (p_ != end_ && is_slash(*p_)) ++p_;
    for (;; ++p_) {
        const char* const begin = p_;
        while (p_ != end_ && !ends_authority(*p_)) ++p_;
        const std::string_view segment = view(begin, p_);
        const bool last = p_ == end_ || ends_path(*p_);
        const int dots = count_dots(segment);
        if (dots == 2 && out.size() > out_.at_.path_begin) out.resize(out.rfind('/'));
        if (dots == 0 || last) out += '/';
        if (dots == 0 && !append(segment, escape_path)) return false;
        if (last) return true;
    }
}

bool url_parser::append_query_and_fragment() {
    out_.at_.query_begin = here();
    if (p_ != end_ && *p_ == '?') {
        const char* const end = std::find(p_, end_, '#');
        out_.text_ += '?';
        if (!append(view(p_ + 1, end), escape_query)) return false;
        p_ = end;
    }
    out_.at_.fragment_begin = here();
    if (p_ == end_) return true;
    out_.text_ += '#';
    return append(view(p_ + 1, end_), escape_fragment);
}

std::optional<url> url_parser::parse_as_browser(std::string_view text, const url* base) {
    const auto is_edge = [](char c) { return static_cast<unsigned char>(c) <= 0x20; };
    while (!text.empty() && is_edge(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_edge(text.back())) text.remove_suffix(1);
    std::string kept;
    std::copy_if(text.begin(), text.end(), std::back_inserter(kept),
                 [](char c) { return !is_line_break_or_tab(c); });
    url result;
    if (!url_parser(result, base).run(kept)) return std::nullopt;
    return result;
}

}  // namespace skein::detail
