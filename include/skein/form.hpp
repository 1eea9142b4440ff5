// What a form sends: application/x-www-form-urlencoded.
#pragma once

#include <skein/detail/config.hpp>

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace skein {

/// The fields of a form, in their order; a name may come several times. A value.
///
///     skein::form login;
///     login.add("user", "ann").add("password", secret);
///     auto response = co_await session.post(url).form(login);
///
/// Names and values are any bytes, UTF-8 as a rule; they are encoded as browsers do (WHATWG URL,
/// section 5.2).
class SKEIN_API form {
public:
    using value_type = std::pair<std::string, std::string>;
    using const_iterator = std::vector<value_type>::const_iterator;

    form() noexcept = default;
    /// The fields `{{"name", "value"}, ...}`. Not within an expression that has a co_await in it: g++ 12 does
    /// not compile that.
    form(std::initializer_list<std::pair<std::string_view, std::string_view>> fields);

    /// Adds a field at the end.
    form& add(std::string_view name, std::string_view value) &;
    form&& add(std::string_view name, std::string_view value) && { return std::move(add(name, value)); }

    std::size_t size() const noexcept { return fields_.size(); }
    [[nodiscard]] bool empty() const noexcept { return fields_.empty(); }
    const_iterator begin() const noexcept { return fields_.begin(); }
    const_iterator end() const noexcept { return fields_.end(); }

    /// The body: "name=value&name=value", a space as '+'.
    std::string encoded() const;

    friend bool operator==(const form&, const form&) = default;

private:
    std::vector<value_type> fields_;
};

}  // namespace skein
