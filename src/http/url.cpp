// Owns what one does with a URL once it is parsed: views, edits, and the message if it could not be parsed.
#include <skein/url.hpp>

#include "http/bytes.hpp"
#include "http/host.hpp"
#include "http/quote.hpp"
#include "http/url_parser.hpp"

#include <skein/error.hpp>

namespace skein {

namespace {

constexpr std::size_t quoted_bytes = 256;

// The text with everything up to the last '@' hidden, whatever it is: in a text that is no URL nobody can say
// where a password begins or ends.
std::string hide_credentials(std::string_view text) {
    const std::size_t at_sign = text.rfind('@');
    if (at_sign == std::string_view::npos) return std::string(text);
    std::size_t begin = text.find(':');
    begin = begin < at_sign ? begin + 1 : 0;
    while (text[begin] == '/' || text[begin] == '\\') ++begin;
    return std::string(text.substr(0, begin)).append("***").append(text.substr(at_sign));
}

[[noreturn]] void throw_invalid(std::string_view text, const detail::url_fault& fault) {
    std::string what = "invalid URL " + http::quote(hide_credentials(text), quoted_bytes) + ": it ";
    what += fault.what;
    if (!fault.scheme.empty()) what += ": " + http::quote(fault.scheme, 32);
    throw invalid_url(what + ", at byte " + std::to_string(fault.at));
}

void check_length(const url& value) {
    if (value.str().size() <= url::max_bytes) return;
    throw_invalid(value.redacted(), {"is longer than 64 KiB", url::max_bytes, {}});
}

}  // namespace

url::url(std::string_view text) {
    detail::url_parser parser(*this, nullptr);
    if (!parser.run(text)) throw_invalid(text, parser.fault());
}

std::optional<url> url::try_parse(std::string_view text) {
    url result;
    if (!detail::url_parser(result, nullptr).run(text)) return std::nullopt;
    return result;
}

std::optional<url> url::try_parse(std::string_view text, const url& base) {
    url result;
    if (!detail::url_parser(result, &base).run(text)) return std::nullopt;
    return result;
}

url url::parse(std::string_view text, const url& base) {
    url result;
    detail::url_parser parser(result, &base);
    if (!parser.run(text)) throw_invalid(text, parser.fault());
    return result;
}

std::string_view url::host_without_brackets() const noexcept {
    return text_[at_.host_begin] == '[' ? cut(at_.host_begin + 1, at_.host_end - 1) : host();
}

bool url::host_is_address() const noexcept {
    return text_[at_.host_begin] == '[' || http::is_dotted_decimal(host());
}

std::string url::origin() const {
    return std::string(scheme()).append("://").append(host_header());
}

std::string url::redacted() const {
    std::string result(cut(0, at_.scheme_end + 3));
    if (!username().empty()) result += "***";
    if (!password().empty()) result += ":***";
    if (has_credentials()) result += '@';
    return result.append(text_, at_.host_begin);
}

url url::without_credentials() const {
    url result = *this;
    const std::uint32_t begin = at_.scheme_end + 3;
    const std::uint32_t gone = at_.host_begin - begin;
    result.text_.erase(begin, gone);
    result.at_.user_end = begin;
    for (auto* offset : {&result.at_.host_begin, &result.at_.host_end, &result.at_.path_begin,
                         &result.at_.query_begin, &result.at_.fragment_begin}) {
        *offset -= gone;
    }
    return result;
}

url url::without_fragment() const {
    url result;
    result.text_.assign(text_, 0, at_.fragment_begin);
    result.at_ = at_;
    return result;
}

url url::with_fragment(std::string_view fragment) const {
    url result = without_fragment();
    if (fragment.empty()) return result;
    result.text_ += '#';
    if (const auto bad = http::append_escaped(result.text_, fragment, http::escape_fragment)) {
        throw_invalid(fragment, {"contains a tab or a line break", *bad, {}});
    }
    check_length(result);
    return result;
}

url url::with_param(std::string_view name, std::string_view value) const {
    std::string pair;
    pair += at_.query_begin == at_.fragment_begin ? "?" : query().empty() ? "" : "&";
    http::append_form(pair, name);
    pair += '=';
    http::append_form(pair, value);
    url result = *this;
    result.text_.insert(at_.fragment_begin, pair);
    check_length(result);
    result.at_.fragment_begin += static_cast<std::uint32_t>(pair.size());
    return result;
}

}  // namespace skein
