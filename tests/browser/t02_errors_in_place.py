"""What goes wrong is told where it went wrong, and can be put right there."""


def follows(browser, element_id):
    """What stands right below this field."""
    script = "return document.getElementById(arguments[0]).nextElementSibling.textContent"
    return browser.driver.execute_script(script, element_id)


def test_wrong_code(plume, browser):
    ann = browser("ann")
    ann.open(plume.gateways[0])
    ann.enter("ann", "ann@a.example")
    ann.expect_step("verify")
    code = plume.code_for("ann@a.example")
    ann.give_code(f"{(int(code) + 1) % 10**8:08}")
    assert "code" in ann.expect_text("verify-error", " ").lower()
    assert ann.shown("verify") and follows(ann, "code") == ann.text("verify-error")
    ann.screenshot("error-wrong-code")
    ann.give_code(code)
    ann.expect_step("chat")


def test_taken_name(plume, browser):
    plume.join("ann")
    eve = browser("eve")
    eve.open(plume.gateways[1])
    eve.enter("Ann", "eve@e.example")
    assert eve.expect_text("enter-error", " ") == follows(eve, "name")
    assert eve.find("name").get_attribute("aria-invalid") == "true"
    eve.screenshot("error-name-taken")
    eve.enter("eve", "eve@e.example")
    eve.expect_step("verify")
    eve.give_code(plume.code_for("eve@e.example"))
    eve.expect_step("chat")


def test_malformed_address(plume, browser):
    ann = browser("ann")
    ann.open(plume.gateways[0])
    ann.enter("ann", "ann")
    assert ann.expect_text("enter-error", " ") == follows(ann, "email")
    ann.enter("ann", "ann@a..example")  # only the server knows
    assert ann.expect_text("enter-error", " ") == follows(ann, "email")


def test_another_address_after_all(plume, browser):
    ann = browser("ann")
    ann.open(plume.gateways[0])
    ann.enter("ann", "ann@wrong.example")
    ann.expect_step("verify")
    ann.find("other-address").click()
    ann.expect_step("enter")
    ann.enter("ann", "ann@right.example")
    ann.expect_step("verify")
    ann.give_code(plume.code_for("ann@right.example"))
    ann.expect_step("chat")
