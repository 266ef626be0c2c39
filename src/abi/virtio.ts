/**
 * Numbers and layouts of VIRTIO 1.2 (OASIS): the MMIO transport (4.2), split virtqueues (2.7), the
 * console (5.3) and the entropy device (5.4). Used by the devices in src/machine/devices and by the
 * drivers in src/services/device. All fields are little-endian.
 */

/** MMIO registers, 4.2.2, table 4.1. Offsets in bytes; all are 32-bit words. */
export const VIRTIO_MMIO_MAGIC = 0x000;
export const VIRTIO_MMIO_VERSION = 0x004;
export const VIRTIO_MMIO_DEVICE_ID = 0x008;
export const VIRTIO_MMIO_VENDOR_ID = 0x00c;
export const VIRTIO_MMIO_DEVICE_FEATURES = 0x010;
export const VIRTIO_MMIO_DEVICE_FEATURES_SELECT = 0x014;
export const VIRTIO_MMIO_DRIVER_FEATURES = 0x020;
export const VIRTIO_MMIO_DRIVER_FEATURES_SELECT = 0x024;
export const VIRTIO_MMIO_QUEUE_SELECT = 0x030;
export const VIRTIO_MMIO_QUEUE_SIZE_MAX = 0x034;
export const VIRTIO_MMIO_QUEUE_SIZE = 0x038;
export const VIRTIO_MMIO_QUEUE_READY = 0x044;
export const VIRTIO_MMIO_QUEUE_NOTIFY = 0x050;
export const VIRTIO_MMIO_INTERRUPT_STATUS = 0x060;
export const VIRTIO_MMIO_INTERRUPT_ACKNOWLEDGE = 0x064;
export const VIRTIO_MMIO_STATUS = 0x070;
export const VIRTIO_MMIO_QUEUE_DESCRIPTORS_LOW = 0x080;
export const VIRTIO_MMIO_QUEUE_DESCRIPTORS_HIGH = 0x084;
export const VIRTIO_MMIO_QUEUE_DRIVER_LOW = 0x090;
export const VIRTIO_MMIO_QUEUE_DRIVER_HIGH = 0x094;
export const VIRTIO_MMIO_QUEUE_DEVICE_LOW = 0x0a0;
export const VIRTIO_MMIO_QUEUE_DEVICE_HIGH = 0x0a4;
export const VIRTIO_MMIO_SHARED_MEMORY_SELECT = 0x0ac;
export const VIRTIO_MMIO_SHARED_MEMORY_LENGTH_LOW = 0x0b0;
export const VIRTIO_MMIO_SHARED_MEMORY_LENGTH_HIGH = 0x0b4;
export const VIRTIO_MMIO_SHARED_MEMORY_BASE_LOW = 0x0b8;
export const VIRTIO_MMIO_SHARED_MEMORY_BASE_HIGH = 0x0bc;
export const VIRTIO_MMIO_CONFIG_GENERATION = 0x0fc;
export const VIRTIO_MMIO_CONFIG = 0x100;

/** "virt" */
export const VIRTIO_MAGIC = 0x7472_6976;
export const VIRTIO_VERSION = 2;

/** Device status, 2.1. */
export const STATUS_ACKNOWLEDGE = 1;
export const STATUS_DRIVER = 2;
export const STATUS_DRIVER_OK = 4;
export const STATUS_FEATURES_OK = 8;
export const STATUS_NEEDS_RESET = 64;
export const STATUS_FAILED = 128;

/** Bits of InterruptStatus, 4.2.2. */
export const INTERRUPT_USED_BUFFER = 1;
export const INTERRUPT_CONFIG_CHANGE = 2;

/** VIRTIO_F_VERSION_1 is feature 32: bit 0 of the second feature word (chapter 6). */
export const FEATURE_WORD_VERSION = 1;
export const FEATURE_VERSION_1 = 1;

/** Split virtqueue, 2.7: bytes of a descriptor, of the rings' heads and of their entries. */
export const DESCRIPTOR_BYTES = 16;
export const DESCRIPTOR_NEXT = 1;
export const DESCRIPTOR_WRITE = 2;
export const DESCRIPTOR_INDIRECT = 4;
export const RING_HEAD_BYTES = 4;
export const AVAILABLE_ENTRY_BYTES = 2;
export const USED_ENTRY_BYTES = 8;
/** Both rings end with a 16-bit word for VIRTIO_F_EVENT_IDX, 2.7.6 and 2.7.8. */
export const RING_TAIL_BYTES = 2;
export const AVAILABLE_NO_INTERRUPT = 1;

export const VIRTIO_ID_CONSOLE = 3;
export const VIRTIO_ID_ENTROPY = 4;
export const VIRTIO_ID_FILE_SYSTEM = 26;

/** Console, 5.3.3 and 5.3.4: feature bits of the first word and the configuration layout. */
export const CONSOLE_FEATURE_SIZE = 1;
export const CONSOLE_FEATURE_MULTIPORT = 2;
export const CONSOLE_CONFIG_COLUMNS = 0;
export const CONSOLE_CONFIG_ROWS = 2;
export const CONSOLE_CONFIG_PORTS_MAX = 4;
export const CONSOLE_CONFIG_BYTES = 12;

/** Console queues, 5.3.2: port 0 has 0 and 1, control has 2 and 3, port p > 0 has 2p+2 and 2p+3. */
export const CONSOLE_QUEUE_CONTROL_RECEIVE = 2;
export const CONSOLE_QUEUE_CONTROL_TRANSMIT = 3;

/** @returns the queue that carries bytes from the device to the driver for console port `port` */
export function consoleReceiveQueue(port: number): number {
  return port === 0 ? 0 : 2 * port + 2;
}

/** @returns the queue that carries bytes from the driver to the device for console port `port` */
export function consoleTransmitQueue(port: number): number {
  return consoleReceiveQueue(port) + 1;
}

/** struct virtio_console_control, 5.3.6.2: le32 id, le16 event, le16 value. */
export const CONSOLE_CONTROL_BYTES = 8;
export const CONSOLE_DEVICE_READY = 0;
export const CONSOLE_PORT_ADD = 1;
export const CONSOLE_PORT_REMOVE = 2;
export const CONSOLE_PORT_READY = 3;
export const CONSOLE_CONSOLE_PORT = 4;
/** Followed by struct virtio_console_resize: le16 columns, le16 rows. */
export const CONSOLE_RESIZE = 5;
export const CONSOLE_PORT_OPEN = 6;
/** Followed by the name, not terminated. */
export const CONSOLE_PORT_NAME = 7;

/** The file system device (VIRTIO 1.2, 5.11): its configuration space and its queues. */
export const FILE_SYSTEM_TAG_BYTES = 36;
export const FILE_SYSTEM_CONFIG_QUEUES = 36;
export const FILE_SYSTEM_CONFIG_BYTES = 40;
/** FORGET goes here: it has no reply. */
export const FILE_SYSTEM_QUEUE_URGENT = 0;
export const FILE_SYSTEM_QUEUE_REQUESTS = 1;
/** Entries of each of its queues. */
export const FILE_SYSTEM_QUEUE_ENTRIES = 128;
