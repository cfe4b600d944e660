# Everything comes from Debian 12 packages; script/lib/packages.sh names them.
find_package(Threads REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
set(Boost_NO_WARN_NEW_VERSIONS ON)
find_package(Boost 1.81 EXACT REQUIRED COMPONENTS json)
find_package(Protobuf 3.21 REQUIRED)
if(OFFHOOK_TESTS)
  find_package(GTest REQUIRED)
endif()
find_package(spdlog REQUIRED)
find_package(CLI11 REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(tomlplusplus REQUIRED IMPORTED_TARGET tomlplusplus)
pkg_check_modules(cares REQUIRED IMPORTED_TARGET libcares)
# Not its CMake package, which wants the web server and the client of the parts that we leave out.
pkg_check_modules(prometheus REQUIRED IMPORTED_TARGET prometheus-cpp-core)

# Headers of others are theirs: no warnings from them.
foreach(target Boost::headers Boost::json OpenSSL::SSL OpenSSL::Crypto protobuf::libprotobuf-lite spdlog::spdlog
               CLI11::CLI11 PkgConfig::tomlplusplus PkgConfig::cares PkgConfig::prometheus GTest::gtest GTest::gmock)
  if(TARGET ${target})
    get_target_property(headers ${target} INTERFACE_INCLUDE_DIRECTORIES)
    if(headers)
      set_property(TARGET ${target} APPEND PROPERTY INTERFACE_SYSTEM_INCLUDE_DIRECTORIES ${headers})
    endif()
  endif()
endforeach()
