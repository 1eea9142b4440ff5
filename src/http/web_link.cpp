// Owns the grammar of Link (RFC 8288, appendix B.2).
#include <skein/web_link.hpp>

#include "http/field_values.hpp"

#include <skein/error.hpp>

#include <algorithm>

namespace skein {

namespace {

std::vector<std::string> words_of(std::string_view text) {
    std::vector<std::string> words;
    while (http::skip_blanks(text), !text.empty()) {
        const std::string_view word = text.substr(0, text.find_first_of(" \t"));
        words.push_back(http::ascii_lowered(word));
        text.remove_prefix(word.size());
    }
    return words;
}

/// One parameter, behind its semicolon. A relation type may be a URI, so its value is no token.
std::pair<std::string, std::string> take_parameter(std::string_view& text) {
    http::skip_blanks(text);
    std::pair<std::string, std::string> found;
    found.first = http::ascii_lowered(http::take_token(text));
    http::skip_blanks(text);
    if (!http::skip(text, '=')) return found;
    http::skip_blanks(text);
    if (http::skip(text, '"')) {
        found.second = http::take_quoted(text).value_or(std::string());
    } else {
        found.second = http::trim_blanks(text.substr(0, text.find_first_of(";,")));
        text.remove_prefix(std::min(text.size(), text.find_first_of(";,")));
    }
    return found;
}

void take_parameters(std::string_view& text, web_link& of) {
    bool has_rel = false;
    for (http::skip_blanks(text); http::skip(text, ';'); http::skip_blanks(text)) {
        auto parameter = take_parameter(text);
        if (parameter.first == "rel") {
            if (!std::exchange(has_rel, true)) of.relations = words_of(parameter.second);
        } else if (!parameter.first.empty()) {
            of.parameters.push_back(std::move(parameter));
        }
        // What is neither the next parameter nor the next link is passed over.
        text.remove_prefix(std::min(text.size(), text.find_first_of(";,")));
    }
}

void parse_into(std::vector<web_link>& links, std::string_view text, const url& base) {
    for (;;) {
        text.remove_prefix(std::min(text.size(), text.find_first_not_of(", \t")));
        const std::size_t end = text.find('>');
        if (!http::skip(text, '<') || end == text.npos) return;
        const std::string_view target = http::trim_blanks(text.substr(0, end - 1));
        text.remove_prefix(end);
        try {
            web_link found{base.join(target)};
            take_parameters(text, found);
            links.push_back(std::move(found));
        } catch (const invalid_url&) {
            web_link lost{base};
            take_parameters(text, lost);
        }
        text.remove_prefix(std::min(text.size(), text.find(',')));
    }
}

}  // namespace

bool web_link::has_relation(std::string_view relation) const noexcept {
    return std::any_of(relations.begin(), relations.end(),
                       [&](const auto& one) { return http::equals_ignoring_case(one, relation); });
}

std::optional<std::string_view> web_link::parameter(std::string_view name) const noexcept {
    for (const auto& [one, value] : parameters)
        if (one == name) return value;
    return std::nullopt;
}

std::vector<web_link> web_link::parse(const headers& fields, const skein::url& base) {
    std::vector<web_link> links;
    for (const auto value : fields.get_all("Link")) parse_into(links, value, base);
    return links;
}

}  // namespace skein
