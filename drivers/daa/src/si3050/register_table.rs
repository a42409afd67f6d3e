//! The registers of the Si3050 with an Si3018 or Si3019 line side.
//!
//! Source: Si3050 + Si3018/19 data sheet, revisions 1.31 and 1.5, chapter "Control Registers".
//! Registers that only a GCI bus or ground start uses are in the map so that a dump names them;
//! nothing here writes them.

use crate::register::register_map;

register_map! {
    CONTROL_1 = 1, "Control 1", Some(0x00), "Initialization";
    CONTROL_2 = 2, "Control 2", Some(0x03), "Interrupts";
    INTERRUPT_MASK = 3, "Interrupt Mask", Some(0x00), "Interrupts";
    INTERRUPT_SOURCE = 4, "Interrupt Source", None, "Interrupts";
    DAA_CONTROL_1 = 5, "DAA Control 1", Some(0x00), "Off-Hook; Ring Detection; Caller ID";
    DAA_CONTROL_2 = 6, "DAA Control 2", Some(0x10), "Power Management";
    DAA_CONTROL_3 = 10, "DAA Control 3", Some(0x00), "Loopback Modes";
    REVISION_A = 11, "System-Side and Line-Side Device Revision", None, "Revision Identification";
    LINE_STATUS = 12, "Line-Side Device Status", None, "Line Voltage/Loop Current Sensing";
    REVISION_B = 13, "Line-Side Device Revision", None, "Revision Identification";
    MUTE = 15, "TX/RX Gain Control 1", Some(0x00), "Transmit/Receive Full-Scale Level";
    INTERNATIONAL_1 = 16, "International Control 1", Some(0x00), "On-Hook; Ringer Impedance and Threshold";
    INTERNATIONAL_2 = 17, "International Control 2", Some(0x00), "Calibration; Billing Tone Protection";
    INTERNATIONAL_3 = 18, "International Control 3", Some(0x00), "Ring Detection";
    INTERNATIONAL_4 = 19, "International Control 4", None, "Overload Detection; Dropout Detection";
    CALL_PROGRESS_RX = 20, "Call Progress RX Attenuation", Some(0x00), "Call Progress Monitor";
    CALL_PROGRESS_TX = 21, "Call Progress TX Attenuation", Some(0x00), "Call Progress Monitor";
    RING_VALIDATION_1 = 22, "Ring Validation Control 1", Some(0x96), "Ring Validation";
    RING_VALIDATION_2 = 23, "Ring Validation Control 2", Some(0x2D), "Ring Validation";
    RING_VALIDATION_3 = 24, "Ring Validation Control 3", Some(0x19), "Ring Validation";
    RESISTOR_CALIBRATION = 25, "Resistor Calibration", None, "Calibration";
    DC_TERMINATION = 26, "DC Termination Control", Some(0x00), "DC Termination";
    LOOP_CURRENT = 28, "Loop Current Status", None, "Line Voltage/Loop Current Sensing";
    LINE_VOLTAGE = 29, "Line Voltage Status", None, "Line Voltage Measurement";
    AC_TERMINATION = 30, "AC Termination Control", Some(0x00), "AC Termination";
    DAA_CONTROL_4 = 31, "DAA Control 4", Some(0x20), "Off-Hook; On-Hook; Full-Scale Level";
    GROUND_START = 32, "Ground Start Control", None, "Ground Start Support";
    PCM_MODE = 33, "PCM/SPI Mode Select", Some(0x00), "PCM Highway";
    PCM_TX_LOW = 34, "PCM Transmit Start Count, Low Byte", Some(0x00), "PCM Highway";
    PCM_TX_HIGH = 35, "PCM Transmit Start Count, High Byte", Some(0x00), "PCM Highway";
    PCM_RX_LOW = 36, "PCM Receive Start Count, Low Byte", Some(0x00), "PCM Highway";
    PCM_RX_HIGH = 37, "PCM Receive Start Count, High Byte", Some(0x00), "PCM Highway";
    TX_GAIN_2 = 38, "TX Gain Control 2", Some(0x00), "Transmit/Receive Gain";
    RX_GAIN_2 = 39, "RX Gain Control 2", Some(0x00), "Transmit/Receive Gain";
    TX_GAIN_3 = 40, "TX Gain Control 3", Some(0x00), "Transmit/Receive Gain";
    RX_GAIN_3 = 41, "RX Gain Control 3", Some(0x00), "Transmit/Receive Gain";
    GCI_CONTROL = 42, "GCI Control", None, "GCI Highway";
    THRESHOLD = 43, "Line Current/Voltage Threshold Interrupt", Some(0x00), "Interrupts";
    THRESHOLD_CONTROL = 44, "Line Current/Voltage Threshold Interrupt Control", Some(0x00), "Interrupts";
    HYBRID_1 = 45, "Programmable Hybrid 1", Some(0x00), "Digital Hybrid";
    HYBRID_2 = 46, "Programmable Hybrid 2", Some(0x00), "Digital Hybrid";
    HYBRID_3 = 47, "Programmable Hybrid 3", Some(0x00), "Digital Hybrid";
    HYBRID_4 = 48, "Programmable Hybrid 4", Some(0x00), "Digital Hybrid";
    HYBRID_5 = 49, "Programmable Hybrid 5", Some(0x00), "Digital Hybrid";
    HYBRID_6 = 50, "Programmable Hybrid 6", Some(0x00), "Digital Hybrid";
    HYBRID_7 = 51, "Programmable Hybrid 7", Some(0x00), "Digital Hybrid";
    HYBRID_8 = 52, "Programmable Hybrid 8", Some(0x00), "Digital Hybrid";
    SPARK_QUENCHING = 59, "Spark Quenching Control", None, "On-Hook";
}

/// The eight coefficients of the digital hybrid.
pub const HYBRID: [crate::Register; 8] =
    [HYBRID_1, HYBRID_2, HYBRID_3, HYBRID_4, HYBRID_5, HYBRID_6, HYBRID_7, HYBRID_8];
