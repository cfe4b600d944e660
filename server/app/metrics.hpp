#pragma once

#include <string>
#include <string_view>

#include "app/media_census.hpp"
#include "app/process_usage.hpp"
#include "call/counters.hpp"
#include "call/switchboard.hpp"

namespace offhook::app {

// The Content-Type of metrics_text().
inline constexpr std::string_view kMetricsType = "text/plain; version=0.0.4; charset=utf-8";

// What Prometheus reads. Labels come from tables of ours and from the configuration: never a number,
// a Call-ID or another word of a message.
// What media counted is left out while it is not there.
[[nodiscard]] std::string metrics_text(const call::Status& status, const call::Counters& counters,
                                       const MediaCensus::Answer& media, const ProcessUsage& usage);

}  // namespace offhook::app
