// Owns the fields of a form and how they are put into one text.
#include "http/bytes.hpp"

#include <skein/form.hpp>

namespace skein {

form::form(std::initializer_list<std::pair<std::string_view, std::string_view>> fields) {
    fields_.reserve(fields.size());
    for (const auto& [name, value] : fields) add(name, value);
}

form& form::add(std::string_view name, std::string_view value) & {
    fields_.emplace_back(name, value);
    return *this;
}

std::string form::encoded() const {
    std::string out;
    for (const auto& [name, value] : fields_) {
        if (!out.empty()) out += '&';
        http::append_form(out, name);
        out += '=';
        http::append_form(out, value);
    }
    return out;
}

}  // namespace skein
