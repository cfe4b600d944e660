#include "app/status_json.hpp"

#include <gtest/gtest.h>

namespace offhook::app {
namespace {

call::Status sample() {
  call::Status status;
  status.calls = 1;
  status.legs = 2;
  status.sessions = 3;
  status.devices = 4;
  status.transactions = 5;
  status.trunks.push_back({"demo", "waiting", "503 \"busy\""});
  return status;
}

TEST(StatusJsonTest, TellsWhatBothProcessesHold) {
  control::EngineStatistics media;
  media.set_browser_legs(2);
  media.set_trunk_legs(4);
  media.set_bridges(7);
  EXPECT_EQ(status_json(sample(), media),
            R"({"version":")" OFFHOOK_VERSION
            R"(","signal":{"calls":1,"legs":2,"sessions":3,"devices":4,"transactions":5},)"
            R"("media":{"connected":true,"legs":6,"bridges":7},)"
            R"("trunks":[{"name":"demo","state":"waiting","reason":"503 \"busy\""}]})");
}

TEST(StatusJsonTest, TellsThatMediaIsNotThere) {
  EXPECT_TRUE(status_json(sample(), std::nullopt)
                  .contains(R"("media":{"connected":false,"legs":0,"bridges":0})"));
}

TEST(StatusJsonTest, TellsWhatWaitsInTheMailboxOfATrunk) {
  call::Status status = sample();
  auto& mailbox = status.trunks[0].mailbox.emplace();
  mailbox.waiting = true;
  EXPECT_TRUE(status_json(status, std::nullopt).contains(R"(,"mailbox":{"waiting":true}}])"));
  mailbox.voice = {.unheard = 2, .heard = 8};
  EXPECT_TRUE(session_json("demo", false, status)
                  .contains(R"(,"mailbox":{"waiting":true,"new":2,"old":8}}])"));
}

TEST(StatusJsonTest, TellsAPageWhoItIs) {
  EXPECT_EQ(session_json("demo", true, sample()),
            R"({"user":{"name":"demo"},"sip":{"uri":"sip:demo@offhook.invalid"},"demo":true,)"
            R"("trunks":[{"name":"demo","state":"waiting","reason":"503 \"busy\""}]})");
}

}  // namespace
}  // namespace offhook::app
