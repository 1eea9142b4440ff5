// How the programs of the pages are found: each enters itself before main, under the place it stands at.
#pragma once

namespace documents {

/// A program of a page, entered for as long as this exists: a variable at namespace scope.
class entry {
public:
    entry(const char* where, void (*program)());

private:
    friend int run(const char* where);
    const char* where_;
    void (*program_)();
    const entry* next_;
};

/// Runs the program that stands at `where`, as "docs/page.md:12"; an exit status.
int run(const char* where);

}  // namespace documents
