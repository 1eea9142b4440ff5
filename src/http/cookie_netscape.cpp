// Owns the Netscape form of a jar, cookies.txt. A line is a cookie:
//
//     [#HttpOnly_]domain TAB subdomains TAB path TAB secure TAB expires TAB name TAB value
//
// `subdomains` and `secure` are TRUE or FALSE, `expires` is in seconds since 1970, 0 for a session cookie.
// Lines that begin with # are comments. By custom a domain with subdomains is written with a leading dot.
#include "http/cookie_text.hpp"
#include "http/field_grammar.hpp"

#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <utility>

namespace skein {

namespace {

using std::chrono::seconds;
using std::chrono::sys_seconds;

constexpr std::string_view http_only_mark = "#HttpOnly_";

bool has_place_for(const cookie& one) noexcept {
    return one.name.find('\t') == std::string::npos && one.path.find('\t') == std::string::npos;
}

std::string_view word(bool value) noexcept {
    return value ? "TRUE" : "FALSE";
}

std::optional<bool> parse_word(std::string_view text) noexcept {
    if (http::equals_ignoring_case(text, "TRUE")) return true;
    if (http::equals_ignoring_case(text, "FALSE")) return false;
    return std::nullopt;
}

std::optional<std::int64_t> parse_seconds(std::string_view text) noexcept {
    std::int64_t value = 0;
    const char* end = text.data() + text.size();
    const auto [stop, failed] = std::from_chars(text.data(), end, value);
    if (failed != std::errc() || stop != end || value < 0) return std::nullopt;
    return value;
}

void append_line(std::string& out, const cookie& one) {
    if (one.http_only) out += http_only_mark;
    if (!one.host_only) out += '.';
    out.append(one.domain).append("\t").append(word(!one.host_only)).append("\t");
    out.append(one.path).append("\t").append(word(one.secure)).append("\t");
    out += std::to_string(one.expires ? one.expires->time_since_epoch().count() : 0);
    out.append("\t").append(one.name).append("\t").append(one.value).append("\n");
}

// The cookie of a line; or what is wrong with it, a phrase that follows "it ".
std::string_view parse_line(std::string_view line, cookie& out) {
    if (line.starts_with(http_only_mark)) {
        out.http_only = true;
        line.remove_prefix(http_only_mark.size());
    }
    std::array<std::string_view, 6> fields;  // all but the value, which may have tabs in it
    for (std::string_view& field : fields) {
        const std::size_t tab = line.find('\t');
        // Some leave the last tab out if there is no value.
        if (tab == line.npos && &field != &fields.back()) return "has less than seven fields between tabs";
        field = line.substr(0, tab);
        line.remove_prefix(tab == line.npos ? line.size() : tab + 1);
    }
    const auto subdomains = parse_word(fields[1]);
    const auto secure = parse_word(fields[3]);
    if (!subdomains || !secure) return "has a second or fourth field that is neither TRUE nor FALSE";
    const auto expires = parse_seconds(fields[4]);
    if (!expires) return "has a fifth field that is no time in seconds";
    out.domain = http::normal_domain(fields[0]);
    out.host_only = !*subdomains;
    out.path = fields[2];
    out.secure = *secure;
    if (*expires != 0) out.expires = sys_seconds(seconds(*expires));
    out.name = fields[5];
    out.value = line;
    return {};
}

}  // namespace

std::string http::to_netscape(const std::vector<const cookie*>& cookies) {
    std::string text = "# Netscape HTTP Cookie File\n";
    for (const cookie* one : cookies)
        if (has_place_for(*one)) append_line(text, *one);
    return text;
}

void cookie_jar::add_netscape(std::string_view text, cookie_load_result& result) {
    for (std::size_t number = 1; !text.empty(); ++number) {
        const std::size_t end = text.find('\n');
        std::string_view line = text.substr(0, end);
        text.remove_prefix(end == text.npos ? text.size() : end + 1);
        if (line.ends_with('\r')) line.remove_suffix(1);
        const bool comment = line.starts_with('#') && !line.starts_with(http_only_mark);
        if (comment || http::trim_blanks(line).empty()) continue;
        cookie one;
        if (const auto fault = parse_line(line, one); !fault.empty())
            result.faults.push_back({number, "it " + std::string(fault)});
        else
            add(std::move(one), number, result);
    }
}

}  // namespace skein
