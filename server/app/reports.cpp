#include "app/reports.hpp"

#include <chrono>

#include "app/metrics.hpp"
#include "app/status_json.hpp"
#include "app/trace_json.hpp"
#include "io/event_loop.hpp"

namespace offhook::app {

namespace {

using Report = http::ReportWanted::Report;

http::Response found_or(std::optional<std::string> json, std::string_view otherwise) {
  return json ? http::json_response(std::move(*json))
              : http::error_response(404, "not_found", otherwise);
}

}  // namespace

bool needs_media(const http::ReportWanted& wanted) {
  return wanted.report == Report::Metrics || wanted.report == Report::Status;
}

http::Response report(const http::ReportWanted& wanted, const call::Switchboard& switchboard,
                      const MediaCensus::Answer& media) {
  const WallClock clock{io::now(), std::chrono::system_clock::now()};
  switch (wanted.report) {
    case Report::Calls:
      return http::json_response(calls_json(switchboard.trace(), clock));
    case Report::CallTrace:
      return found_or(call_trace_json(switchboard.trace(), wanted.of, clock),
                      "No trace of such a call is kept.");
    case Report::TrunkTrace:
      return found_or(trunk_trace_json(switchboard.trace(), wanted.of, clock),
                      "No trunk of this name has registered.");
    case Report::Status:
      return http::json_response(status_json(switchboard.status(), media));
    case Report::Metrics:
      break;
  }
  return {.status = 200,
          .headers = {{"Content-Type", std::string(kMetricsType)}, {"Cache-Control", "no-store"}},
          .body = std::make_shared<const std::string>(metrics_text(
              switchboard.status(), switchboard.counters(), media, ProcessUsage::read()))};
}

}  // namespace offhook::app
