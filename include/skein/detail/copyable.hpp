// Whether a type can be copied, looking into containers: std::vector<std::unique_ptr<int>> says that it can,
// and then does not compile.
#pragma once

#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

namespace skein::detail {

template <class T>
struct is_copyable : std::is_copy_constructible<T> {};

template <class T>
requires requires {
    typename T::value_type;
    typename T::allocator_type;
}
struct is_copyable<T>
    : std::bool_constant<std::is_copy_constructible_v<T> && is_copyable<typename T::value_type>::value> {};

template <class A, class B>
struct is_copyable<std::pair<A, B>> : std::conjunction<is_copyable<A>, is_copyable<B>> {};
template <class... T>
struct is_copyable<std::tuple<T...>> : std::conjunction<is_copyable<T>...> {};
template <class... T>
struct is_copyable<std::variant<T...>> : std::conjunction<is_copyable<T>...> {};
template <class T>
struct is_copyable<std::optional<T>> : is_copyable<T> {};

template <class T>
inline constexpr bool is_copyable_v = is_copyable<T>::value;

}  // namespace skein::detail
