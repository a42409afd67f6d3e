//! The direct registers of the Si3210.
//!
//! Source: Si3210/Si3211 data sheet, revision 1.6, chapter "Control Registers"; names as there.
//! Registers of functions that are not used here (tone generators, DTMF detector, pulse metering)
//! are left out.

use crate::register::register_map;

register_map! {
    SPI_MODE = 0, "SPI Mode Select", None, "Serial Peripheral Interface";
    PCM_MODE = 1, "PCM Mode Select", Some(0x08), "PCM Interface";
    PCM_TX_LOW = 2, "PCM Transmit Start Count, Low Byte", Some(0x00), "PCM Interface";
    PCM_TX_HIGH = 3, "PCM Transmit Start Count, High Byte", Some(0x00), "PCM Interface";
    PCM_RX_LOW = 4, "PCM Receive Start Count, Low Byte", Some(0x00), "PCM Interface";
    PCM_RX_HIGH = 5, "PCM Receive Start Count, High Byte", Some(0x00), "PCM Interface";
    LOOPBACK = 8, "Audio Path Loopback Control", Some(0x02), "Audio Path";
    AUDIO_GAIN = 9, "Audio Gain Control", Some(0x00), "Audio Path";
    IMPEDANCE = 10, "Two-Wire Impedance Synthesis Control", Some(0x08), "Two-Wire Impedance Synthesis";
    HYBRID = 11, "Hybrid Control", Some(0x33), "Transhybrid Balance Filter";
    POWER_DOWN_1 = 14, "Powerdown Control 1", Some(0x10), "DC-DC Converter";
    POWER_DOWN_2 = 15, "Powerdown Control 2", Some(0x00), "Powerdown";
    INTERRUPT_STATUS_1 = 18, "Interrupt Status 1", None, "Interrupt Logic";
    INTERRUPT_STATUS_2 = 19, "Interrupt Status 2", None, "Interrupt Logic";
    INTERRUPT_STATUS_3 = 20, "Interrupt Status 3", None, "Interrupt Logic";
    INTERRUPT_ENABLE_1 = 21, "Interrupt Enable 1", Some(0x00), "Interrupt Logic";
    INTERRUPT_ENABLE_2 = 22, "Interrupt Enable 2", Some(0x00), "Interrupt Logic";
    INTERRUPT_ENABLE_3 = 23, "Interrupt Enable 3", Some(0x00), "Interrupt Logic";
    INDIRECT_LOW = 28, "Indirect Data Access, Low Byte", Some(0x00), "Indirect Registers";
    INDIRECT_HIGH = 29, "Indirect Data Access, High Byte", Some(0x00), "Indirect Registers";
    INDIRECT_ADDRESS = 30, "Indirect Address", None, "Indirect Registers";
    INDIRECT_STATUS = 31, "Indirect Address Status", Some(0x00), "Indirect Registers";
    RING_OSCILLATOR = 34, "Ringing Oscillator Control", Some(0x00), "Ringing Generation";
    LINEFEED = 64, "Linefeed Control", Some(0x00), "Linefeed Operation States";
    BATTERY_FEED = 66, "Battery Feed Control", Some(0x03), "Linefeed Calibration and Operation";
    AUTOMATIC = 67, "Automatic/Manual Control", Some(0x1F), "Linefeed Calibration and Operation";
    LOOP_STATUS = 68, "Loop Closure/Ring Trip Detect Status", Some(0x00), "Loop Closure Detection; Ring Trip Detection";
    LOOP_DEBOUNCE = 69, "Loop Closure Debounce Interval", Some(0x0A), "Loop Closure Detection";
    RING_TRIP_DEBOUNCE = 70, "Ring Trip Detect Debounce Interval", Some(0x0A), "Ring Trip Detection";
    LOOP_CURRENT_LIMIT = 71, "Loop Current Limit", Some(0x00), "Linefeed Characteristics";
    ON_HOOK_VOLTAGE = 72, "On-Hook Line Voltage", Some(0x20), "Linefeed Characteristics";
    COMMON_MODE_VOLTAGE = 73, "Common Mode Voltage", Some(0x02), "Linefeed Characteristics";
    HIGH_BATTERY = 74, "High Battery Voltage", Some(0x32), "DC-DC Converter";
    LOW_BATTERY = 75, "Low Battery Voltage", Some(0x10), "DC-DC Converter";
    LOOP_VOLTAGE = 78, "Loop Voltage Sense", None, "Line Voltage and Current Monitoring";
    LOOP_CURRENT = 79, "Loop Current Sense", None, "Line Voltage and Current Monitoring";
    TIP_VOLTAGE = 80, "TIP Voltage Sense", None, "Line Voltage and Current Monitoring";
    RING_VOLTAGE = 81, "RING Voltage Sense", None, "Line Voltage and Current Monitoring";
    BATTERY_VOLTAGE = 82, "Battery Voltage Sense 1", None, "Line Voltage and Current Monitoring";
    CONVERTER_PERIOD = 92, "DC-DC Converter PWM Period", Some(0xFF), "DC-DC Converter";
    CONVERTER_DELAY = 93, "DC-DC Converter Switching Delay", Some(0x14), "DC-DC Converter";
    CALIBRATION_1 = 96, "Calibration Control/Status 1", Some(0x1F), "Calibration";
    CALIBRATION_2 = 97, "Calibration Control/Status 2", Some(0x1F), "Calibration";
    CONVERTER_PEAK = 107, "DC Peak Current Monitor Calibration", Some(0x08), "Calibration";
    ENHANCEMENT = 108, "Enhancement Enable", Some(0x00), "Enhancements";
}
