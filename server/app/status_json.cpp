#include "app/status_json.hpp"

#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include "base/utf8.hpp"

namespace offhook::app {

namespace json = boost::json;

namespace {

json::object mailbox_json(const sip::MessageSummary& mailbox) {
  json::object object{{"waiting", mailbox.waiting}};
  if (mailbox.voice) {
    object["new"] = mailbox.voice->unheard;
    object["old"] = mailbox.voice->heard;
  }
  return object;
}

json::array trunks_json(const call::Status& status) {
  json::array trunks;
  for (const call::TrunkStatus& trunk : status.trunks) {
    json::object object{
        {"name", trunk.name}, {"state", trunk.state}, {"reason", well_formed_utf8(trunk.reason)}};
    if (trunk.mailbox) object["mailbox"] = mailbox_json(*trunk.mailbox);
    trunks.push_back(std::move(object));
  }
  return trunks;
}

}  // namespace

std::string status_json(const call::Status& status, const MediaCensus::Answer& answer) {
  const control::EngineStatistics media = answer.value_or(control::EngineStatistics());
  return json::serialize(json::value{{"version", OFFHOOK_VERSION},
                                     {"signal",
                                      {{"calls", status.calls},
                                       {"legs", status.legs},
                                       {"sessions", status.sessions},
                                       {"devices", status.devices},
                                       {"transactions", status.transactions}}},
                                     {"media",
                                      {{"connected", answer.has_value()},
                                       {"legs", media.browser_legs() + media.trunk_legs()},
                                       {"bridges", media.bridges()}}},
                                     {"trunks", trunks_json(status)}});
}

std::string session_json(const std::string& user, bool demo, const call::Status& status) {
  return json::serialize(json::value{{"user", {{"name", user}}},
                                     {"sip", {{"uri", "sip:" + user + "@offhook.invalid"}}},
                                     {"demo", demo},
                                     {"trunks", trunks_json(status)}});
}

}  // namespace offhook::app
