// Owns the three forms of HTTP dates. Strict: what is none of them is no date.
#include "http/http_date.hpp"

#include "http/bytes.hpp"

#include <array>

namespace skein::http {

namespace {

constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";

struct parts {
    int day = 0, month = 0, year = 0, hour = 0, minute = 0, second = 0;
    bool short_year = false;
};

// Reads text by a pattern: a letter of "dyhms" stands for a digit of day, year, hour, minute or second,
// "bbb" for the name of a month, "w" for any letter, '_' for a digit of the day or a blank; the rest for
// itself.
std::optional<parts> read(std::string_view text, std::string_view pattern) noexcept {
    if (text.size() != pattern.size()) return std::nullopt;
    parts out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        int* number = nullptr;
        switch (pattern[i]) {
            case '_':
                if (text[i] == ' ') continue;
                [[fallthrough]];
            case 'd':
                number = &out.day;
                break;
            case 'y':
                number = &out.year;
                break;
            case 'h':
                number = &out.hour;
                break;
            case 'm':
                number = &out.minute;
                break;
            case 's':
                number = &out.second;
                break;
            case 'b': {
                const auto at = months.find(text.substr(i, 3));
                if (at == months.npos || at % 3 != 0) return std::nullopt;
                out.month = static_cast<int>(at / 3) + 1;
                i += 2;
                continue;
            }
            case 'w':
                if (!is_lower(to_lower(text[i]))) return std::nullopt;
                continue;
            default:
                if (text[i] != pattern[i]) return std::nullopt;
                continue;
        }
        if (!is_digit(text[i])) return std::nullopt;
        *number = *number * 10 + (text[i] - '0');
    }
    return out;
}

std::optional<parts> read_any(std::string_view text) noexcept {
    if (auto fixed = read(text, "www, dd bbb yyyy hh:mm:ss GMT")) return fixed;
    if (auto asctime = read(text, "www bbb _d hh:mm:ss yyyy")) return asctime;
    const auto comma = text.find(',');  // behind the full name of a day
    if (comma == text.npos || comma < 6 || comma > 9) return std::nullopt;
    auto old = read(text.substr(comma), ", dd-bbb-yy hh:mm:ss GMT");
    if (old) old->short_year = true;
    return old;
}

}  // namespace

std::optional<std::chrono::sys_seconds> parse_http_date(std::string_view text,
                                                        std::chrono::sys_seconds now) noexcept {
    using namespace std::chrono;
    const auto found = read_any(text);
    if (!found || found->hour > 23 || found->minute > 59 || found->second > 60) return std::nullopt;
    year in(found->year);
    if (found->short_year) {
        const int latest = static_cast<int>(year_month_day(floor<days>(now)).year()) + 50;
        in = year(latest - (latest - found->year) % 100);
    }
    const year_month_day date{in, month(static_cast<unsigned>(found->month)),
                              day(static_cast<unsigned>(found->day))};
    if (!date.ok()) return std::nullopt;
    return sys_days(date) + hours(found->hour) + minutes(found->minute) + seconds(found->second);
}

}  // namespace skein::http
