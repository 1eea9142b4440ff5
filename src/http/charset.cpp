// Owns which label means which charset, and how the common ones are converted. The rest is ICU's.
#include "http/charset.hpp"

#include "skein_features.hpp"

#if SKEIN_HAVE_ICU
#include "http/icu.hpp"

#include <unicode/ucnv.h>
#include <unicode/ucnv_cb.h>

#include <memory>
#endif

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>

namespace skein::http {

namespace {

enum class kind : std::uint8_t { utf8, windows_1252, utf16le, utf16be, other };

struct labelled {
    std::string_view label;
    kind what;
};

// The labels of the WHATWG Encoding standard for what is converted here.
constexpr labelled labels[] = {
    {"utf-8", kind::utf8},
    {"utf8", kind::utf8},
    {"unicode-1-1-utf-8", kind::utf8},
    {"unicode11utf8", kind::utf8},
    {"unicode20utf8", kind::utf8},
    {"x-unicode20utf8", kind::utf8},
    {"iso-8859-1", kind::windows_1252},
    {"windows-1252", kind::windows_1252},
    {"us-ascii", kind::windows_1252},
    {"ascii", kind::windows_1252},
    {"latin1", kind::windows_1252},
    {"l1", kind::windows_1252},
    {"ansi_x3.4-1968", kind::windows_1252},
    {"cp1252", kind::windows_1252},
    {"x-cp1252", kind::windows_1252},
    {"cp819", kind::windows_1252},
    {"ibm819", kind::windows_1252},
    {"csisolatin1", kind::windows_1252},
    {"iso-ir-100", kind::windows_1252},
    {"iso8859-1", kind::windows_1252},
    {"iso88591", kind::windows_1252},
    {"iso_8859-1", kind::windows_1252},
    {"iso_8859-1:1987", kind::windows_1252},
    {"utf-16", kind::utf16le},
    {"utf-16le", kind::utf16le},
    {"unicode", kind::utf16le},
    {"ucs-2", kind::utf16le},
    {"csunicode", kind::utf16le},
    {"iso-10646-ucs-2", kind::utf16le},
    {"unicodefeff", kind::utf16le},
    {"utf-16be", kind::utf16be},
    {"unicodefffe", kind::utf16be},
};

kind kind_of(std::string_view label) noexcept {
    const auto* const found = std::find_if(std::begin(labels), std::end(labels),
                                           [&](const labelled& one) { return one.label == label; });
    return found == std::end(labels) ? kind::other : found->what;
}

void append(std::string& out, char32_t c) {
    const auto continuation = [&](int shift) { out += static_cast<char>(0x80 | (c >> shift & 0x3f)); };
    if (c < 0x80) {
        out += static_cast<char>(c);
    } else if (c < 0x800) {
        out += static_cast<char>(0xc0 | c >> 6);
        continuation(0);
    } else if (c < 0x10000) {
        out += static_cast<char>(0xe0 | c >> 12);
        continuation(6);
        continuation(0);
    } else {
        out += static_cast<char>(0xf0 | c >> 18);
        continuation(12);
        continuation(6);
        continuation(0);
    }
}

constexpr char32_t replacement = 0xfffd;

std::string from_windows_1252(std::string_view text) {
    // What differs from ISO-8859-1: 0x80 to 0x9f.
    constexpr std::array<char16_t, 32> high = {
        0x20ac, 0x0081, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
        0x2039, 0x0152, 0x008d, 0x017d, 0x008f, 0x0090, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
        0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0x009d, 0x017e, 0x0178};
    std::string out;
    out.reserve(text.size() + text.size() / 16);
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        append(out, byte >= 0x80 && byte < 0xa0 ? high[byte - 0x80] : byte);
    }
    return out;
}

std::string from_utf16(std::string_view text, bool big_endian) {
    std::string out;
    out.reserve(text.size());
    const auto unit = [&](std::size_t at) {
        const auto first = static_cast<unsigned char>(text[at]);
        const auto second = static_cast<unsigned char>(text[at + 1]);
        return static_cast<char32_t>(big_endian ? first << 8 | second : second << 8 | first);
    };
    std::size_t at = 0;
    for (; at + 1 < text.size(); at += 2) {
        char32_t c = unit(at);
        if (c >= 0xd800 && c <= 0xdfff) {
            const char32_t low = c < 0xdc00 && at + 3 < text.size() ? unit(at + 2) : 0;
            if (low >= 0xdc00 && low <= 0xdfff) {
                c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
                at += 2;
            } else {
                c = replacement;
            }
        }
        append(out, c);
    }
    if (at < text.size()) append(out, replacement);
    return out;
}

#if SKEIN_HAVE_ICU

SKEIN_LAZY_LIBRARY(icu, SKEIN_ICU_LIBRARY, "charsets", "Text in charsets that are seldom used");
SKEIN_LAZY_FUNCTION(icu, ucnv_open);
SKEIN_LAZY_FUNCTION(icu, ucnv_close);
SKEIN_LAZY_FUNCTION(icu, ucnv_setToUCallBack);
SKEIN_LAZY_FUNCTION(icu, ucnv_convertEx);
SKEIN_LAZY_FUNCTION(icu, ucnv_cbToUWriteUChars);

struct close_converter {
    void operator()(UConverter* one) const noexcept { ucnv_close(one); }
};
using converter = std::unique_ptr<UConverter, close_converter>;

/// Where the WHATWG's meaning of a label is not ICU's; no name: not on the web.
std::string_view icu_name(std::string_view label) noexcept {
    constexpr std::pair<std::string_view, std::string_view> names[] = {
        {"gbk", "gb18030"},
        {"gb2312", "gb18030"},
        {"gb_2312-80", "gb18030"},
        {"x-gbk", "gb18030"},
        {"chinese", "gb18030"},
        {"euc-kr", "windows-949"},
        {"ks_c_5601-1987", "windows-949"},
        {"korean", "windows-949"},
        {"x-sjis", "shift_jis"},
        {"x-euc-jp", "euc-jp"},
        {"x-x-big5", "big5"},
        {"iso-8859-9", "windows-1254"},
        {"latin5", "windows-1254"},
        {"iso-8859-11", "windows-874"},
        {"tis-620", "windows-874"},
        {"iso-8859-8-i", "iso-8859-8"},
        {"x-cp1250", "windows-1250"},
        {"x-cp1251", "windows-1251"},
        {"x-cp1253", "windows-1253"},
        {"x-cp1254", "windows-1254"},
        {"x-cp1255", "windows-1255"},
        {"x-cp1256", "windows-1256"},
        {"x-cp1257", "windows-1257"},
        {"x-cp1258", "windows-1258"},
        {"x-mac-roman", "macintosh"},
        {"koi", "koi8-r"},
        {"koi8", "koi8-r"},
        {"utf-7", ""},
        {"hz-gb-2312", ""},
        {"iso-2022-cn", ""},
        {"iso-2022-kr", ""},
    };
    for (const auto& [one, name] : names)
        if (one == label) return name;
    return label;
}

// ICU itself would write U+001A for some.
void write_replacement(const void*, UConverterToUnicodeArgs* args, const char*, int32_t,
                       UConverterCallbackReason reason, UErrorCode* code) {
    if (reason > UCNV_IRREGULAR) return;
    *code = U_ZERO_ERROR;
    constexpr UChar mark = replacement;
    ucnv_cbToUWriteUChars(args, &mark, 1, 0, code);
}

std::optional<std::string> from_icu(std::string_view text, std::string_view label) {
    const std::string name(icu_name(label));
    // ICU would also take options, behind a comma.
    constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyz0123456789-_.:";
    if (!icu.is_there() || name.empty() || name.find_first_not_of(plain) != name.npos) return std::nullopt;
    UErrorCode code = U_ZERO_ERROR;
    const converter from(ucnv_open(name.c_str(), &code));
    const converter to(ucnv_open("UTF-8", &code));
    if (U_SUCCESS(code)) ucnv_setToUCallBack(from.get(), write_replacement, nullptr, nullptr, nullptr, &code);
    if (U_FAILURE(code)) return std::nullopt;
    std::string out;
    std::array<UChar, 1024> pivot;
    UChar* pivot_source = pivot.data();
    UChar* pivot_target = pivot.data();
    const char* source = text.data();
    UBool reset = 1;
    do {
        std::array<char, 8192> room;
        char* target = room.data();
        code = U_ZERO_ERROR;
        ucnv_convertEx(to.get(), from.get(), &target, room.data() + room.size(), &source,
                       text.data() + text.size(), pivot.data(), &pivot_source, &pivot_target,
                       pivot.data() + pivot.size(), reset, 1, &code);
        reset = 0;
        out.append(room.data(), static_cast<std::size_t>(target - room.data()));
    } while (code == U_BUFFER_OVERFLOW_ERROR);
    if (U_FAILURE(code)) return std::nullopt;
    return out;
}

#else

std::optional<std::string> from_icu(std::string_view, std::string_view) {
    return std::nullopt;
}

#endif

}  // namespace

std::string why_few_charsets() {
#if SKEIN_HAVE_ICU
    return icu.why_missing();
#else
    return "skein was built without ICU";
#endif
}

bool is_utf8_label(std::string_view label) noexcept {
    return kind_of(label) == kind::utf8;
}

std::optional<std::string> to_utf8(std::string_view text, std::string_view label) {
    kind what = kind_of(label);
    if (text.starts_with("\xef\xbb\xbf")) {
        what = kind::utf8;
        text.remove_prefix(3);
    } else if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff")) {
        what = text[0] == '\xff' ? kind::utf16le : kind::utf16be;
        text.remove_prefix(2);
    }
    switch (what) {
        case kind::utf8:
            return std::string(text);
        case kind::windows_1252:
            return from_windows_1252(text);
        case kind::utf16le:
        case kind::utf16be:
            return from_utf16(text, what == kind::utf16be);
        case kind::other:
            return from_icu(text, label);
    }
    return std::nullopt;
}

}  // namespace skein::http
