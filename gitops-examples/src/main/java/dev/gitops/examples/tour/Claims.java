// SPDX-License-Identifier: Apache-2.0
package dev.gitops.examples.tour;

import java.util.ArrayList;
import java.util.List;

/** What the tour says that it did, checked against PostgreSQL, Git and the reports. */
final class Claims {
  private final Console console;
  private final List<String> broken = new ArrayList<>();
  private int made;

  Claims(Console console) {
    this.console = console;
  }

  void check(String claim, boolean holds) {
    made++;
    console.claim(holds, claim);
    if (!holds) {
      broken.add(claim);
    }
  }

  int made() {
    return made;
  }

  List<String> broken() {
    return broken;
  }
}
