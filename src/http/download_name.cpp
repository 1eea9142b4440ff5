// Owns the rules by which a name from a server becomes a name on disk.
#include <skein/content_disposition.hpp>

#include "http/bytes.hpp"
#include "http/utf8.hpp"

#include <algorithm>
#include <array>

namespace skein {

namespace {

constexpr std::size_t max_name_bytes = 255;      // NAME_MAX, and the limit of most file systems
constexpr std::size_t max_extension_bytes = 32;  // what is longer is no extension, and may be cut

// Characters that no name may have: a name with one of them was made to deceive a terminal or a reader.
constexpr bool is_deceptive(char32_t c) noexcept {
    const bool control = c < 0x20 || (c >= 0x7f && c < 0xa0);
    const bool line_end = c == 0x2028 || c == 0x2029;
    const bool reorders = (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
    return control || line_end || reorders;
}

bool is_honest_utf8(std::string_view text) noexcept {
    while (!text.empty()) {
        const auto c = http::take_utf8(text);
        if (!c || is_deceptive(*c)) return false;
    }
    return true;
}

std::string_view last_component(std::string_view path) noexcept {
    return path.substr(path.find_last_of("/\\") + 1);  // npos + 1 is 0
}

std::string_view without_trailing_dots(std::string_view name) noexcept {
    return name.substr(0, name.find_last_not_of(". ") + 1);
}

std::string_view without_leading_spaces(std::string_view name) noexcept {
    return name.substr(std::min(name.find_first_not_of(' '), name.size()));
}

// CON, NUL.txt, com1 ...: Windows opens a device, in any directory and with any extension.
bool is_device(std::string_view name) {
    std::string stem(without_trailing_dots(name.substr(0, name.find('.'))));
    std::transform(stem.begin(), stem.end(), stem.begin(), http::to_lower);
    constexpr std::array<std::string_view, 6> devices = {"con", "prn", "aux", "nul", "conin$", "conout$"};
    if (std::find(devices.begin(), devices.end(), stem) != devices.end()) return true;
    if (!stem.starts_with("com") && !stem.starts_with("lpt")) return false;
    const std::string_view number = std::string_view(stem).substr(3);
    const bool superscript = number == "\xc2\xb9" || number == "\xc2\xb2" || number == "\xc2\xb3";
    return superscript || (number.size() == 1 && http::is_digit(number[0]));
}

std::string cut_to_limit(std::string_view name) {
    if (name.size() <= max_name_bytes) return std::string(name);
    const std::size_t dot = name.rfind('.');
    const bool has_extension = dot != name.npos && name.size() - dot <= max_extension_bytes;
    const std::string_view extension = has_extension ? name.substr(dot) : std::string_view();
    const std::string_view stem = http::cut_utf8(name, max_name_bytes - extension.size());
    return std::string(without_trailing_dots(std::string(stem).append(extension)));
}

// The safe form of a name in UTF-8; nullopt if there is nothing to be made of it.
std::optional<std::string> make_safe(std::string_view wanted) {
    if (!is_honest_utf8(wanted)) return std::nullopt;
    std::string name(without_leading_spaces(without_trailing_dots(last_component(wanted))));
    if (name.empty()) return std::nullopt;
    std::replace(name.begin(), name.end(), ':', '_');  // drives and alternate data streams
    if (name[0] == '.') name[0] = '_';                 // hidden
    if (name[0] == '-') name.insert(0, 1, '_');        // an option to the next program
    name = cut_to_limit(name);
    if (is_device(name)) name = cut_to_limit('_' + name);  // after the cut, which can bring a device to light
    return name;
}

std::optional<std::string> name_from_path(std::string_view path) {
    const std::string_view segment = path.substr(path.rfind('/') + 1);
    const std::string decoded = http::percent_decode(segment);
    return make_safe(http::is_utf8(decoded) ? std::string_view(decoded) : segment);
}

}  // namespace

std::string download_name(std::optional<std::string_view> content_disposition, const url& requested) {
    if (content_disposition) {
        const auto header = content_disposition::parse(*content_disposition);
        if (header && header->filename) {
            if (auto name = make_safe(*header->filename)) return *std::move(name);
        }
    }
    return name_from_path(requested.path()).value_or("index.html");
}

}  // namespace skein
