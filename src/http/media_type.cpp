// Owns the reading of Content-Type.
#include "http/media_type.hpp"

#include "http/field_values.hpp"

namespace skein::http {

std::string media_type_of(std::string_view content_type) {
    content_type = trim_blanks(content_type.substr(0, content_type.find(';')));
    const std::size_t slash = content_type.find('/');
    if (slash == content_type.npos || !is_token(content_type.substr(0, slash)) ||
        !is_token(content_type.substr(slash + 1)))
        return {};
    return ascii_lowered(content_type);
}

std::optional<std::string> charset_of(std::string_view content_type) {
    const std::size_t first = content_type.find(';');
    content_type.remove_prefix(first == content_type.npos ? content_type.size() : first);
    while (skip(content_type, ';')) {
        skip_blanks(content_type);
        const std::string_view name = take_token(content_type);
        std::optional<std::string> value;
        if (skip(content_type, '=')) {
            if (skip(content_type, '"'))
                value = take_quoted(content_type);
            else
                value = trim_blanks(content_type.substr(0, content_type.find(';')));
        }
        if (value && !value->empty() && equals_ignoring_case(name, "charset")) return ascii_lowered(*value);
        const std::size_t next = content_type.find(';');
        content_type.remove_prefix(next == content_type.npos ? content_type.size() : next);
    }
    return std::nullopt;
}

}  // namespace skein::http
