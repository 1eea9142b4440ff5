// The response parser on any bytes: it never crashes, the outcome does not depend on how they arrive, and no
// field that it accepts could split a message. The first bytes of the input choose the kind of request, how
// the input ends, and how it is cut.
#include "http/field_grammar.hpp"
#include "http1_outcome.hpp"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string_view>
#include <vector>

namespace {

using namespace http1_test;

constexpr std::size_t selector_bytes = 6;

[[noreturn]] void report(const char* what, const outcome& a, const outcome& b) {
    std::cerr << what << "\n--- whole:\n" << a << "--- in pieces:\n" << b << '\n';
    std::abort();
}

// Pieces whose sizes go round the four bytes of `sizes`; 0 stands for a byte by itself.
std::vector<std::string_view> cut(std::string_view bytes, const std::uint8_t* sizes) {
    std::vector<std::string_view> pieces;
    for (std::size_t i = 0; !bytes.empty(); ++i) {
        const std::size_t size = sizes[i % 4] == 0 ? 1 : sizes[i % 4];
        pieces.push_back(bytes.substr(0, size));
        bytes.remove_prefix(pieces.back().size());
    }
    return pieces;
}

void check_fields(const skein::headers& fields) {
    for (auto [name, value] : fields) {
        if (!skein::http::is_token(name)) std::abort();
        if (skein::http::find_bad_value_byte(value) != value.npos) std::abort();
        if (skein::http::trim_blanks(value) != value) std::abort();
    }
}

// What run() cannot show: the fields themselves.
void check_heads(request_kind kind, std::string_view bytes) {
    skein::http1::message m;
    parser p;
    p.begin(kind, m);
    auto in = skein::as_bytes(bytes);
    for (;;) {
        const event e = p.next(in);
        if (e == event::head || e == event::interim) check_fields(p.head().fields);
        if (e == event::end) check_fields(m.trailers);
        if (e == event::end || e == event::failed || e == event::need_data) return;
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < selector_bytes) return 0;
    const auto kind = static_cast<request_kind>(data[0] % 4);
    const auto last = static_cast<then>(data[1] % 3);
    const std::string_view bytes(reinterpret_cast<const char*>(data) + selector_bytes, size - selector_bytes);

    static parser reused;  // as on a connection
    parser fresh;
    const outcome whole = run(fresh, kind, {bytes}, last);
    const outcome pieces = run(reused, kind, cut(bytes, data + 2), last);
    if (whole != pieces) report("the outcome depends on the segmentation", whole, pieces);
    if (whole.ok && whole.waiting) report("complete and not complete", whole, pieces);
    if (whole.reusable && (!whole.ok || whole.surplus || whole.tunnel || last != then::stay_open))
        report("reusable though it must not be", whole, pieces);
    check_heads(kind, bytes);
    return 0;
}
