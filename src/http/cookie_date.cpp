// Owns the date algorithm of cookies. It is not that of HTTP dates: those have three forms, cookies any.
#include "http/cookie_date.hpp"

#include "http/bytes.hpp"

#include <array>
#include <cstddef>

namespace skein::http {

namespace {

constexpr bool is_delimiter(char c) noexcept {
    const auto b = static_cast<unsigned char>(c);
    return b == 0x09 || (b >= 0x20 && b <= 0x2f) || (b >= 0x3b && b <= 0x40) || (b >= 0x5b && b <= 0x60) ||
           (b >= 0x7b && b <= 0x7e);
}

// Takes a number of `least` to `most` digits off the front; nullopt, and `text` unchanged, if it has fewer or
// more.
std::optional<int> take_number(std::string_view& text, std::size_t least, std::size_t most) noexcept {
    int value = 0;
    std::size_t digits = 0;
    for (; digits < text.size() && is_digit(text[digits]); ++digits) {
        if (digits == most) return std::nullopt;
        value = value * 10 + (text[digits] - '0');
    }
    if (digits < least) return std::nullopt;
    text.remove_prefix(digits);
    return value;
}

struct time_of_day {
    int hour, minute, second;
};

// 1*2DIGIT ":" 1*2DIGIT ":" 1*2DIGIT, and then no digit.
std::optional<time_of_day> time_in(std::string_view token) noexcept {
    std::array<int, 3> parts{};
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (i > 0) {
            if (!token.starts_with(':')) return std::nullopt;
            token.remove_prefix(1);
        }
        const auto number = take_number(token, 1, 2);
        if (!number) return std::nullopt;
        parts[i] = *number;
    }
    return time_of_day{parts[0], parts[1], parts[2]};
}

// 1 to 12, by the first three letters.
std::optional<unsigned> month_in(std::string_view token) noexcept {
    constexpr std::string_view names = "janfebmaraprmayjunjulaugsepoctnovdec";
    if (token.size() < 3) return std::nullopt;
    const std::array<char, 3> start = {to_lower(token[0]), to_lower(token[1]), to_lower(token[2])};
    for (std::size_t i = 0; i < names.size(); i += 3)
        if (names.substr(i, 3) == std::string_view(start.data(), start.size()))
            return static_cast<unsigned>(i / 3 + 1);
    return std::nullopt;
}

struct found_parts {
    std::optional<time_of_day> time;
    std::optional<int> day;
    std::optional<unsigned> month;
    std::optional<int> year;

    // A token is the first part that is still missing and that it can be.
    void look_at(std::string_view token) noexcept {
        if (!time && (time = time_in(token))) return;
        std::string_view rest = token;
        if (!day && (day = take_number(rest, 1, 2))) return;
        if (!month && (month = month_in(token))) return;
        rest = token;
        if (!year) year = take_number(rest, 2, 4);
    }
    bool complete() const noexcept { return time && day && month && year; }
};

}  // namespace

std::optional<std::chrono::sys_seconds> parse_cookie_date(std::string_view text) noexcept {
    using namespace std::chrono;
    found_parts found;
    while (!text.empty()) {
        std::size_t end = 0;
        while (end < text.size() && !is_delimiter(text[end])) ++end;
        if (end > 0) found.look_at(text.substr(0, end));
        text.remove_prefix(end == text.size() ? end : end + 1);
    }
    if (!found.complete()) return std::nullopt;

    int full_year = *found.year;
    if (full_year >= 70 && full_year <= 99) full_year += 1900;
    if (full_year <= 69) full_year += 2000;
    const auto [hour, minute, second] = *found.time;
    if (full_year < 1601 || hour > 23 || minute > 59 || second > 59) return std::nullopt;
    const year_month_day date{year(full_year), month(*found.month), day(static_cast<unsigned>(*found.day))};
    if (!date.ok()) return std::nullopt;
    return sys_days(date) + hours(hour) + minutes(minute) + seconds(second);
}

}  // namespace skein::http
