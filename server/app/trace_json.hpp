#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "app/wall_clock.hpp"
#include "call/sip_trace.hpp"

namespace offhook::app {

// {"calls":[...]}, the newest first: who called whom, and how it ended ("outcome" is null while the
// call lasts).
[[nodiscard]] std::string calls_json(const call::SipTrace& trace, const WallClock& clock);

// One call with its messages; nullopt for one that is not known (any more). `id` as in the list.
[[nodiscard]] std::optional<std::string> call_trace_json(const call::SipTrace& trace,
                                                         std::string_view id,
                                                         const WallClock& clock);

// The latest messages of a trunk's registration; nullopt where there are none.
[[nodiscard]] std::optional<std::string> trunk_trace_json(const call::SipTrace& trace,
                                                          std::string_view trunk,
                                                          const WallClock& clock);

}  // namespace offhook::app
