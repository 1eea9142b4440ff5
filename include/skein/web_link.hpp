// The Link header (RFC 8288): how resources are related, the pages of a list for example.
#pragma once

#include <skein/detail/config.hpp>
#include <skein/headers.hpp>
#include <skein/url.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace skein {

/// One link. A value.
struct SKEIN_API web_link {
    /// Where it leads, resolved.
    skein::url target;
    /// What it is: "next", "preload", ...; lower-case. A URI for relations of one's own. May be empty.
    std::vector<std::string> relations = {};
    /// Its other parameters in their order: names lower-case, values without their quotes. One called
    /// "anchor" says that the link is about something else than what was asked for.
    std::vector<std::pair<std::string, std::string>> parameters = {};

    /// Whether it has that relation; case does not matter.
    bool has_relation(std::string_view relation) const noexcept;
    /// The value of the first parameter of that (lower-case) name.
    std::optional<std::string_view> parameter(std::string_view name) const noexcept;

    /// The links that the Link fields have, resolved against `base`. What cannot be read is passed over.
    [[nodiscard]] static std::vector<web_link> parse(const headers& fields, const skein::url& base);
};

}  // namespace skein
